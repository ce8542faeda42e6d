import { parseArgs } from 'node:util';
import { Bench, type Case } from './bench.js';
import { idle, stalled } from './cases/connections.js';
import { twoProcesses } from './cases/two-processes.js';
import { reads } from './cases/reads.js';
import { overload } from './cases/overload.js';
import { hotRoom, smallRooms } from './cases/sends.js';
import { upkeep } from './cases/upkeep.js';
import { writerAlone } from './cases/writer.js';
import { tableOf } from './measure.js';

const CASES: readonly Case[] = [smallRooms, hotRoom, writerAlone, twoProcesses, overload, idle, stalled, upkeep, reads];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '2000000' },
    case: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
  },
});
const wanted = values.case.length > 0 ? CASES.filter(({ name }) => values.case.includes(name)) : CASES;
if (values.list || wanted.length === 0) {
  for (const { name, about } of CASES) console.log(`${name.padEnd(16)} ${about}`);
  process.exit(values.list ? 0 : 2);
}
const bench = await Bench.open({ rounds: Number(values.rounds), seconds: Number(values.seconds), messages: Number(values.messages) });
try {
  for (const one of wanted) {
    console.error(`${one.name}: ${one.about}`);
    const findings = await one.run(bench);
    console.log(`\n### ${one.name}: ${one.about}\n\n${tableOf(findings)}`);
  }
} finally {
  await bench.close();
}
