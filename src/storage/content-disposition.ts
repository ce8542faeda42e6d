/**
 * A `Content-Disposition` that no file name can break out of: plain ASCII for old clients, the whole name in UTF-8 for the rest.
 * @see RFC 6266, RFC 8187
 */
export function contentDisposition(disposition: 'inline' | 'attachment', filename: string): string {
  const name = filename.toWellFormed();
  const ascii = name.replace(/[^\x20-\x7e]|["\\%/]/g, '_');
  const whole = encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${disposition}; filename="${ascii}"; filename*=UTF-8''${whole}`;
}
