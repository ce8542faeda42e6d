import type { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const ISSUER = 'https://id.example.org/';
export const AUDIENCE = 'chat';

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

type TokenOptions = {
  key?: Key;
  header?: object;
  /** Seconds from now. */
  issued?: number;
  expires?: number;
};

/** An external identity provider: issues tokens, and publishes its keys over HTTP. */
export class IdentityService {
  /** How often the keys were fetched. */
  fetches = 0;
  /** 200, or what it answers in trouble. */
  status = 200;
  /** What it answers in the place of its keys. */
  body: string | null = null;
  private constructor(
    private readonly server: Server,
    public keys: Key[],
  ) {}

  static async start(): Promise<IdentityService> {
    const server = createServer();
    const service = new IdentityService(server, [await newKey('first')]);
    server.on('request', (_, response) => {
      service.fetches++;
      void Promise.all(
        service.keys.map(async ({ publicKey, kid, alg }) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })),
      ).then((keys) =>
        response.writeHead(service.status, { 'content-type': 'application/json' }).end(service.body ?? JSON.stringify({ keys })),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  get env(): Record<string, string> {
    return { AUTH_JWKS_URL: this.url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE };
  }

  /** A token with the claims; `undefined` takes one of the usual ones away. */
  token(claims: JWTPayload, { key = this.keys[0]!, header = {}, issued = -1, expires = 300 }: TokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: ISSUER, aud: AUDIENCE, iat: now + issued, exp: now + expires, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export async function newKey(kid: string, alg = 'RS256'): Promise<Key> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) };
}

export const pem = ({ publicKey }: Key): Promise<string> => exportSPKI(publicKey);
