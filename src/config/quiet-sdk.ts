/** The AWS SDK warns of Node 20 once a process, on standard error; its version is pinned, so the warning helps nobody who runs this. */
export function quietSdk(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
}
