/** Usernames and display names of the seeded users. */
export const SEED_USERS = [
  ['ana', 'Ana Lima'],
  ['bob', 'Bob Okafor'],
  ['cem', 'Cem Yıldız'],
  ['dee', 'Dee Nakamura'],
  ['eva', 'Eva Novák'],
] as const;

export type SeedUsername = (typeof SEED_USERS)[number][0];

/** The password of every seeded user; `clients/demo` uses it, too. The seed is refused in production. */
export const SEED_PASSWORD = 'parley demo pass';

export const CHATTER = [
  'Morning! Anyone up for lunch at the harbour?',
  'Count me in 🙌',
  'I can do 12:30, not earlier.',
  'Works for me.',
  'Shall we book a table?',
  'Done: 12:30, a table for four.',
  'You are the best.',
  'By the way, did the new build go out?',
  'Yes, an hour ago. Quiet so far.',
  'Quiet is good.',
  'I will keep an eye on the graphs.',
  'Merci! Ça marche très bien ici.',
  'Привет из Праги, у нас тоже всё работает.',
  '今日はとても速いですね。',
  'مرحبا، كل شيء على ما يرام.',
  'Then I shall finally write the release notes.',
  'Leave a line about the search, it was asked for.',
  'Will do.',
  'See you at 12:30!',
  '👋',
];

export const NEWS = [
  'Release 1.4 is out: search finds part of a word now, in every script.',
  'Maintenance on Sunday from 06:00 to 06:15 UTC.',
  'Maintenance is over. It took four minutes.',
  'Voice messages have arrived. Hold the microphone and talk.',
  'There are five thousand of us now. Thank you!',
  'Reminder: the office is closed on Monday.',
];

export const PLANS = [
  'Agenda for today: the migration, the on-call rota, snacks.',
  'I would start with the migration.',
  'Dry run went through in nine minutes.',
  'That is half of last time.',
  'Who takes the first week on call?',
  'I can, if someone covers Thursday.',
  'Thursday is mine then.',
  'Settled. Snacks?',
  'Something salty, please.',
  'Noted as the most important item.',
];
