import { type Environment, given, type Setting } from './setting.js';
import { settingGroups } from './settings.js';

const TITLES: Readonly<Record<string, string>> = {
  server: 'The process',
  http: 'HTTP',
  database: 'PostgreSQL',
  redis: 'Redis',
  s3: 'S3',
  auth: 'Who people are',
  external: 'Tokens of another service',
  argon2: 'Password hashing',
  limits: 'Rate limits',
  rooms: 'Rooms',
  messages: 'Messages',
  product: 'Reactions',
  media: 'Media',
  friends: 'Friends',
  privacyDefaults: 'Privacy of a new user',
  realtime: 'Sockets',
  writer: 'The writer of messages',
  log: 'The log of changes',
  docs: 'Documentation',
  metrics: 'Metrics',
};

/** The text of `.env.example`: every variable with what stands when it is not given. */
export function envExample(): string {
  const blocks = settingGroups.map(([group, settings]) => [`## ${TITLES[group] ?? group}`, ...settings.map(exampleLines)].join('\n'));
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

/** What holds in this environment; secrets and the passwords of addresses are masked. */
export function listSettings(env: Environment = process.env): ListedSetting[] {
  return settingGroups.flatMap(([, settings]) =>
    settings.map(({ variable, secret, fallback }) => {
      const text = given(env, variable);
      const shown = text === null ? (fallback ?? '') : secret ? '********' : maskAddress(text);
      return { variable, value: shown, given: text !== null };
    }),
  );
}

/** An address without its password. */
export function maskAddress(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/[^:/?#@]*):[^@/]*@/i, '$1:********@').replace(/([?&]password=)[^&]*/i, '$1********');
}
