/** A name after an @. An e-mail address mentions nobody; scripts that put no space between words do. */
const MENTION = /(?<![A-Za-z0-9_.@-])@([A-Za-z0-9_.-]{3,32})/g;
/** A text with more names than this mentions the first ones. */
const MAX_NAMES = 50;

export interface TextMentions {
  /** Usernames, folded; some may be nobody's. */
  usernames: string[];
  all: boolean;
}

/** Whom a text names. `@ana.` is ana or `ana.`, whichever exists: both are candidates. */
export function mentionsIn(text: string | null | undefined): TextMentions {
  const names = new Set<string>();
  for (const [, name] of (text ?? '').matchAll(MENTION)) {
    if (name === undefined || names.size >= MAX_NAMES) break;
    const folded = name.toLowerCase();
    names.add(folded);
    const bare = folded.replace(/[.-]+$/, '');
    if (bare.length >= 3) names.add(bare);
  }
  const all = names.delete('all');
  return { usernames: [...names], all };
}
