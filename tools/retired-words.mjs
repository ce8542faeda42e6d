// Words that this code does not use, and what it says instead (docs/glossary.md). A row: words, what to use, where it holds (everywhere by default).
const PROSE = ['src', 'docs', 'contract', 'migrations', '.'];

export const RETIRED = [
  ['seat seats seated seating unseat reseat', 'member, membership or subscription'],
  ['heir heirs vacancy vacancies', 'successor, inactive owner'],
  ['purse purses', 'rate limit window'],
  ['doom dooms doomed', 'marked, unreferenced'],
  ['tell tells telling told', 'send, publish, answer, report'],
  ['hear hears heard hearing hearer hearers unheard', 'receive'],
  ['say says said saying', 'contain, state, send, answer'],
  ['owe owes owed', 'count, buffer, unreported'],
  ['stranger strangers', 'non-member, other user'],
  ['somebody anybody everybody oneself', 'a user, a member, you'],
  ['person persons people', 'user, users', PROSE],
  ['wake wakes woke woken awake', 'activate, notify, start'],
  ['dies died', 'end, expire, be revoked'],
  ['lives living outlive outlives', 'be active, be stored, be valid'],
  ['sit sits sat sitting', 'be a member, be'],
  ['stand stands stood standing', 'be, be stored, hold'],
  ['rests rested resting', 'deactivated, inactive, sleep'],
  ['turns', 'semaphore, slots, phases'],
  ['house', 'architecture, codebase'],
  ['door doors', 'access check'],
  ['deed deeds trier triers', 'action, caller'],
  ['ear ears', 'socket'],
  ['judge judges judged judging', 'check, validate, authorise'],
  ['greet greets greeted greeting', 'ready, hello'],
  ['welcome welcomes welcomed', 'join, start'],
  ['town street yardstick yardsticks crowd', 'fixture, range, baseline, group'],
  ['stray strays spared spares', 'orphan, restored'],
  ['founder founders founding', 'creator, creation'],
  ['latecomer latecomers newcomer newcomers', 'late joiner, new member'],
  ['bury buries buried', 'delete'],
  ['hire hires hired workplace', 'create, context'],
  ['estrange estranged', 'end relations'],
];

/** Text that holds a retired word and stays: names in the database, on the wire and in a library. */
export const FROZEN = [/doomed_?at/gi, /do: 'say'/g, /deleted-|gone:/g, /[a-z]+_oneself/g];

/** A word → what to use instead, for a file in this top folder ('.' for the root). */
export const retiredIn = (folder) =>
  new Map(
    RETIRED.filter(([, , where]) => !where || where.includes(folder)).flatMap(([words, use]) =>
      words.split(' ').map((word) => [word, use]),
    ),
  );
