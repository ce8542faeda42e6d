import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { check, isClean, type Attempt, type ReaderView, type Stored } from './checker.js';
import { FAULTS } from './faults.js';
import { Lab } from './lab.js';
import { limitOf, runsOf } from '../support/properties.js';

describe('the checker of the lab', () => {
  const stored: Stored[] = [1, 2, 3, 4].map((seq) => ({ seq, id: `m${seq}` }));
  const attempts: Attempt[] = stored.map(({ id, seq }) => ({ id, seq, tries: 1 }));
  const reader: ReaderView = { name: 'ana', held: stored, received: stored };

  it('passes correct records, also with a message without an ack', () => {
    expect(isClean(check([...attempts, { id: 'm5', seq: null, tries: 3 }], stored, [reader]))).toBe(true);
  });

  it.each<[string, keyof ReturnType<typeof check>, Attempt[], Stored[], ReaderView]>([
    ['an acked message that is not in the table', 'lost', [...attempts, { id: 'gone', seq: 5, tries: 1 }], stored, reader],
    [
      'a message stored twice',
      'duplicated',
      attempts,
      [...stored, { seq: 5, id: 'm4' }],
      { ...reader, held: [...stored, { seq: 5, id: 'm4' }] },
    ],
    ['an ack with the number of another message', 'duplicated', attempts.with(0, { id: 'm1', seq: 2, tries: 1 }), stored, reader],
    [
      'a gap in the numbers',
      'gaps',
      attempts.toSpliced(1, 1),
      stored.toSpliced(1, 1),
      { ...reader, held: stored.toSpliced(1, 1), received: [] },
    ],
    ['a reader without one of the messages', 'outOfOrder', attempts, stored, { ...reader, held: stored.slice(0, 3) }],
    ['a reader with an unknown message', 'outOfOrder', attempts, stored, { ...reader, held: [...stored, { seq: 5, id: 'ghost' }] }],
    [
      'a reader that received a message under another number',
      'outOfOrder',
      attempts,
      stored,
      { ...reader, received: [{ seq: 1, id: 'm2' }] },
    ],
  ])('fails %s', (_, counter, tried, table, view) => {
    const verdict = check(tried, table, [view]);
    expect(verdict[counter]).toBe(1);
    expect(verdict.faults).not.toHaveLength(0);
  });
});

describe('the failure lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open();
  }, 60_000);
  afterAll(() => lab.close(), 30_000);

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    'finds no lost, duplicate or misplaced message after: %s',
    async (_, fault) => {
      const [row] = await lab.runFaults(runsOf(1), [fault]);
      expect(row?.verdict.faults).toEqual([]);
      expect(row?.verdict.acked).toBeGreaterThan(0);
    },
    limitOf(60_000),
  );
});
