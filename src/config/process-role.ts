/**
 * What this process is: a server, or a command that ends by itself. Jobs, timers, listeners and fan-out ask it, and
 * start in a server alone. Inject it by its class.
 */
export class ProcessRole {
  private constructor(private readonly role: 'server' | 'command') {}

  static readonly server = new ProcessRole('server');
  static readonly command = new ProcessRole('command');

  get isServer(): boolean {
    return this.role === 'server';
  }
}
