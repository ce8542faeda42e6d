/** What the people of the seed are called; the first name is the username. */
export const PEOPLE = [
  ['ana', 'Ana Lima'],
  ['bob', 'Bob Okafor'],
  ['cem', 'Cem Yıldız'],
  ['dee', 'Dee Nakamura'],
  ['eva', 'Eva Novák'],
] as const;

export type PersonName = (typeof PEOPLE)[number][0];

/** One password for all: the seed is refused in production. `clients/demo` knows it too. */
export const SEED_PASSWORD = 'parley demo pass';

export const CHATTER = [
  'Morning! Anyone up for lunch at the harbour?',
  'Count me in 🙌',
  'I can do 12:30, not earlier.',
  'Works for me.',
  'Shall we book a table?',
  'Done: 12:30, four people.',
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
  'Leave a line about the search, people asked for it.',
  'Will do.',
  'See you at 12:30!',
  '👋',
];

export const NEWS = [
  'Release 1.4 is out: search finds part of a word now, in every script.',
  'Maintenance on Sunday from 06:00 to 06:15 UTC.',
  'Maintenance is over. It took four minutes.',
  'Voice messages have arrived. Hold the microphone and talk.',
  'We are five thousand people here. Thank you!',
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
