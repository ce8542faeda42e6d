import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { Semaphore } from '../../common/semaphore.js';
import { Settings } from '../../config/settings.js';
import { TooManyLogins } from '../auth.errors.js';

/** Hashes made at a time: each takes a thread of Node's pool of four, which files and names need too. */
const AT_ONCE = 2;
/** What may wait for its turn, about ten seconds of work. */
const WAITING = 500;

/** Argon2id, with a bound on how much of the machine it takes. */
@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private nobody: string;
  private readonly turns = new Semaphore(AT_ONCE);

  constructor({ auth }: Settings) {
    const { memoryKib, iterations, parallelism } = auth.argon2;
    // The library's default algorithm is Argon2id.
    this.options = { memoryCost: memoryKib, timeCost: iterations, parallelism };
  }

  async onModuleInit(): Promise<void> {
    this.nobody = await this.hash('the password of nobody');
  }

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(normal(password), this.options));
  }

  /** Takes as long when there is nothing to compare with (null), and is false then. */
  async matches(password: string, passwordHash: string | null): Promise<boolean> {
    const right = await this.inTurn(() => verify(passwordHash ?? this.nobody, normal(password)));
    return right && passwordHash !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.turns.size >= AT_ONCE + WAITING) throw new TooManyLogins();
    return this.turns.run(work);
  }
}

/** The same characters typed on another keyboard are the same password. */
const normal = (password: string): string => password.normalize('NFKC');
