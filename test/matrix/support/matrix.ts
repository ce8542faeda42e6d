import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Variant, variantName } from './actors.js';
import { EVENT_ROWS, MEDIA_ROWS, MESSAGE_ROWS } from './message.rows.js';
import { ROOM_ROWS } from './room.rows.js';
import { HIDDEN, type Row, titleOf } from './rules.js';
import { MEMBER_ROWS } from './member.rows.js';
import { RoomFixture } from './room-fixture.js';
import { Attempts } from './tries.js';

/** Every route and every event that is about a room. */
export const ROWS: readonly Row[] = [...ROOM_ROWS, ...MEMBER_ROWS, ...MESSAGE_ROWS, ...MEDIA_ROWS, ...EVENT_ROWS];

/** All rows, tried by every actor, in one kind of room. */
export function describeMatrix(variant: Variant): void {
  describe(`in ${variantName(variant)}`, () => {
    let stage: RoomFixture;
    let trials: Attempts;

    beforeAll(async () => {
      stage = await RoomFixture.open();
      trials = await Attempts.in(stage, variant);
    });

    afterAll(() => stage?.close());

    it.each(ROWS.map((row) => ({ title: titleOf(row), row })))('$title', async ({ row }) => {
      expect(await trials.wrongCells(row)).toEqual([]);
    });

    it('finds what does not keep to its rule', async () => {
      const [react, page] = ['POST /v1/rooms/{roomId}/messages/{messageId}/reactions', 'GET /v1/rooms/{roomId}/messages'].map((wanted) =>
        ROWS.find(({ at }) => at === wanted)!,
      ) as [Row, Row];
      expect(await trials.wrongCells({ ...react, needs: ['can_edit_messages'] })).toEqual(
        expect.arrayContaining([
          'a member with no permission: 403 not_granted can_add_reactions, not 403 not_granted can_edit_messages',
          'a member: 201, not 403 role_preset can_edit_messages',
          'a member: has changed what is there',
        ]),
      );
      expect(await trials.wrongCells({ ...page, who: 'people', answer: () => HIDDEN })).toContain('a member: 200, and it is to be hidden');
    });
  });
}
