/**
 * Whether this process is a server or a command. Only a server runs jobs, timers, listeners and fan-out. Inject it by its class.
 */
export class ProcessRole {
  private constructor(private readonly role: 'server' | 'command') {}

  static readonly server = new ProcessRole('server');
  static readonly command = new ProcessRole('command');

  get isServer(): boolean {
    return this.role === 'server';
  }
}
