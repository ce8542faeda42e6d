import { describe, expect, it } from '@jest/globals';
import { ROOM_PERMISSIONS, type RoomPermission } from '../common/permissions.js';
import { bitsOf, effectiveBits, isStaff, outranks, permissionsOf, PRESETS, overridesFor } from './permission-set.policy.js';
import { ROOM_ROLES, ROOM_TYPES, type RoomRole, type RoomType } from './room.types.js';

const MESSAGES: RoomPermission[] = ['can_create_messages', 'can_edit_own_messages', 'can_delete_own_messages', 'can_attach_media'];

describe('permission sets', () => {
  it('keep their bits, which databases store', () => {
    expect(ROOM_PERMISSIONS.indexOf('can_create_messages')).toBe(2);
    expect(ROOM_PERMISSIONS.indexOf('can_attach_media')).toBe(9);
    expect(ROOM_PERMISSIONS.indexOf('can_mention_all')).toBe(11);
    expect(ROOM_PERMISSIONS.indexOf('can_manage_roles')).toBe(15);
  });

  it.each<[RoomType, RoomRole, RoomPermission[], RoomPermission[]]>([
    [
      'private_messages',
      'member',
      [...MESSAGES, 'can_add_reactions', 'can_pin_messages', 'can_delete_room'],
      ['can_add_users', 'can_edit_room'],
    ],
    ['group', 'member', [...MESSAGES, 'can_add_users', 'can_create_invites'], ['can_delete_room', 'can_remove_users', 'can_mention_all']],
    [
      'group',
      'admin',
      ['can_remove_users', 'can_ban_users', 'can_edit_room', 'can_delete_messages'],
      ['can_delete_room', 'can_manage_roles'],
    ],
    ['channel', 'member', ['can_add_reactions', 'can_add_users'], ['can_create_messages', 'can_attach_media', 'can_create_invites']],
    ['channel', 'admin', [...MESSAGES, 'can_mention_all', 'can_create_invites', 'can_ban_users'], ['can_delete_room', 'can_manage_roles']],
    ['team', 'member', [...MESSAGES, 'can_add_reactions'], ['can_add_users', 'can_create_invites', 'can_pin_messages']],
    [
      'team',
      'admin',
      ['can_add_users', 'can_remove_users', 'can_mention_all', 'can_pin_messages'],
      ['can_ban_users', 'can_edit_room', 'can_manage_roles'],
    ],
  ])('%s, %s', (type, role, has, hasNot) => {
    expect(PRESETS[type][role]).toEqual(expect.arrayContaining(has));
    expect(PRESETS[type][role].filter((permission) => hasNot.includes(permission))).toEqual([]);
  });

  it.each(ROOM_TYPES.filter((type) => type !== 'private_messages'))('give the owner of a %s all permissions', (type) => {
    expect(permissionsOf(effectiveBits(type, { role: 'owner', allow: 0, deny: 0 }))).toEqual(ROOM_PERMISSIONS);
  });

  it('grow with the rank', () => {
    for (const type of ROOM_TYPES) {
      expect(PRESETS[type].admin).toEqual(expect.arrayContaining([...PRESETS[type].member]));
      expect(PRESETS[type].owner).toEqual(expect.arrayContaining([...PRESETS[type].admin]));
    }
    expect(ROOM_ROLES.map((role) => outranks('admin', role))).toEqual([true, false, false]);
  });

  it('become any wanted set by overrides', () => {
    const wanted: RoomPermission[] = ['can_create_messages', 'can_pin_messages'];
    const overrides = overridesFor('channel', 'member', wanted);
    expect(permissionsOf(effectiveBits('channel', { role: 'member', ...overrides })).toSorted()).toEqual(wanted.toSorted());
    expect(overrides.deny).toBe(bitsOf(['can_add_reactions', 'can_add_users']));
  });

  it('make a member who may write or moderate the staff of a channel', () => {
    expect(isStaff('channel', { role: 'member', allow: 0, deny: 0 })).toBe(false);
    expect(isStaff('channel', { role: 'member', allow: bitsOf(['can_create_messages']), deny: 0 })).toBe(true);
    expect(isStaff('channel', { role: 'admin', allow: 0, deny: 0 })).toBe(true);
  });
});
