// Runs before any code that an old Node cannot parse. npm puts node_modules/.bin first in the PATH of its scripts, and the packages
// node-<platform> put a `node` there; where none exists for the platform, the machine's own Node runs this.
const OLDEST = [22, 22];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(`Parley needs Node ${OLDEST.join('.')} or later; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}
