import request from 'supertest';
import type { RunningApp } from './app.js';

export const PASSWORD = 'correct horse battery';
/** For tests that make tokens themselves. */
export const SECRET = 'only for these tests, and not to be guessed';

export interface LoggedIn {
  user: { id: string; username: string };
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

/** The routes of auth on one server, as a client calls them. */
export class Logins {
  private count = 0;

  constructor(private readonly server: RunningApp) {}

  get api() {
    return request(this.server.url);
  }

  name = (): string => `person${++this.count}`;

  async register(username = this.name(), more: object = {}): Promise<LoggedIn> {
    const { body } = await this.api
      .post('/v1/auth/register')
      .send({ username, password: PASSWORD, ...more })
      .expect(201);
    return body;
  }

  login = (username: string, password = PASSWORD) => this.api.post('/v1/auth/login').send({ username, password });

  refresh = (refreshToken: string) => this.api.post('/v1/auth/refresh').send({ refreshToken });

  me = (token: string, url = this.server.url) => request(url).get('/v1/users/me').set(bearer(token));
}
