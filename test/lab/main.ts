import { parseArgs } from 'node:util';
import { isClean } from './checker.js';
import { FAULTS } from './faults.js';
import { Lab, tableOf } from './lab.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: '2' },
    fault: { type: 'string', multiple: true, default: [] },
  },
});
const faults = values.fault.length > 0 ? FAULTS.filter(({ name }) => values.fault.includes(name)) : FAULTS;
if (faults.length === 0) {
  console.error(`--fault takes one of: ${FAULTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const lab = await Lab.open(Number(values.processes));
try {
  const rows = await lab.runFaults(Number(values.rounds), faults, (line) => console.error(line));
  console.log(tableOf(rows));
  for (const { fault, verdict } of rows) for (const description of verdict.faults) console.log(`${fault}: ${description}`);
  process.exitCode = rows.every(({ verdict }) => isClean(verdict)) ? 0 : 1;
} finally {
  await lab.close();
}
