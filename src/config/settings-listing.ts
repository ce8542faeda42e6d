import { type Environment, readVariable } from './environment.js';
import type { Setting } from './setting.js';
import { settingGroups } from './settings.js';

/** Returns the text of `.env.example`: every variable with its description and default. */
export function envExample(): string {
  const blocks = settingGroups.map(([title, settings]) => [`## ${title}`, ...settings.map(exampleLines)].join('\n'));
  return `# Every setting, with its default. An empty value counts as unset.\n\n${blocks.join('\n\n')}\n`;
}

function exampleLines({ variable, doc, fallback }: Setting<unknown>): string {
  return `# ${doc}\n${fallback ? '# ' : ''}${variable}=${fallback ?? ''}`;
}

export interface ListedSetting {
  readonly variable: string;
  readonly value: string;
  readonly given: boolean;
}

/** Returns the value of every setting in this environment; secrets and passwords in URLs are masked. */
export function listSettings(env: Environment = process.env): ListedSetting[] {
  return settingGroups.flatMap(([, settings]) =>
    settings.map(({ variable, secret, fallback }) => {
      const text = readVariable(env, variable);
      const shown = text === null ? (fallback ?? '') : secret ? '********' : maskPassword(text);
      return { variable, value: shown, given: text !== null };
    }),
  );
}

/** Masks the password in a URL. */
export function maskPassword(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^:/?#@]*):[^@/]*@/i, '$1:********@').replace(/([?&]password=)[^&]*/i, '$1********');
}
