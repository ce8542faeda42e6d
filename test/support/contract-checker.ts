import { STATUS_CODES } from 'node:http';
import { Ajv, type ValidateFunction } from 'ajv';
import { jsonSchema, type Json } from '../../src/realtime/docs/asyncapi-schema.js';
import { readContract } from './contract.js';
import type { Answer } from './world.js';

type AnyJson = any;

/** What was asked, as far as the documents speak of it. */
export interface Asked {
  readonly method: string;
  /** With the query, or without. */
  readonly path: string;
  readonly hasBody: boolean;
}

interface Route {
  readonly pattern: RegExp;
  readonly template: string;
  readonly operation: AnyJson;
}

/** Problems of checks before every route, whatever the route documents. */
const BEFORE_ROUTES: Record<number, string[]> = {
  400: ['malformed_request'],
  404: ['route_not_found'],
  413: ['payload_too_large'],
  415: ['unsupported_media_type'],
};
const OURS = /^\/(v1|health)\//;
/** Answers that their owner may keep for a while. */
const MAY_BE_KEPT = /\/content$/;

/**
 * Compares what a server sends with the documents that it gives to its clients: every status and code of an answer is documented, every field
 * is there, and no other; ids are in lower case, times in UTC with milliseconds.
 */
export class ContractChecker {
  private static made: ContractChecker | undefined;

  /** One a process. */
  static get instance(): ContractChecker {
    return (ContractChecker.made ??= new ContractChecker(readContract('openapi'), readContract('asyncapi')));
  }

  private readonly ajv: Ajv;
  private readonly known = new Map<string, ValidateFunction>();
  private readonly routes: Route[];

  private constructor(
    rest: AnyJson,
    private readonly live: AnyJson,
  ) {
    this.ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats: FORMATS });
    this.ajv.addSchema({ $id: 'rest:', components: closed(jsonSchema(rest.components)) });
    this.ajv.addSchema({ $id: 'live:', components: { schemas: closed(live.components.schemas) } });
    this.routes = Object.entries<AnyJson>(rest.paths)
      .flatMap(([template, operations]) => Object.entries(operations).map(([method, operation]) => route(method, template, operation)))
      .toSorted((a, b) => parameters(a) - parameters(b));
  }

  /** What is wrong with an answer over HTTP, in words. */
  ofAnswer(asked: Asked, answer: Answer): string[] {
    const where = `${asked.method} ${asked.path.split('?')[0]!}`;
    if (!OURS.test(asked.path)) return [];
    const found = this.routes.find(({ pattern }) => pattern.test(where));
    const faults = [...this.statusFaults(asked, answer, found?.operation), ...headerFaults(asked, answer)];
    if (faults.length === 0 && found) faults.push(...this.bodyFaults(found, answer));
    return faults.map((fault) => `${where.slice(0, 300)} → ${answer.status}: ${fault}`);
  }

  /** Returns the faults of a server event. */
  ofEvent(event: string, payload: unknown): string[] {
    const message = this.live.components.messages[`server.${event.replaceAll(':', '.')}`];
    if (!message) return [`the event ${event} is not documented`];
    return this.faults(`live:${message.payload.$ref}`, payload).map((fault) => `${event}: ${fault}`);
  }

  /** Returns the faults of an ack. */
  ofAck(event: string, answer: AnyJson): string[] {
    const message = this.live.components.messages[`ack.${event.replaceAll(':', '.')}`];
    const faults =
      answer?.ok === true && message
        ? this.faults(`live:${message.payload.oneOf[0].allOf[1].$ref}`, withoutOk(answer))
        : answer?.ok === false && Object.keys(answer).length === 2
          ? [...this.faults('live:#/components/schemas/Problem', answer.error), ...problemFaults(answer.error)]
          : [`is neither an answer nor a problem: ${JSON.stringify(answer)}`];
    return faults.map((fault) => `the answer to ${event}: ${fault}`);
  }

  private statusFaults({ hasBody }: Asked, { status, body }: Answer, operation: AnyJson): string[] {
    const before = BEFORE_ROUTES[status]?.includes(body?.code);
    if (!operation) return status === 404 || before ? [] : ['there is no such route in the documents'];
    const response = operation.responses[status];
    if (!response) return before && hasBody ? [] : [`the status is not documented: ${JSON.stringify(body).slice(0, 500)}`];
    const codes = Object.keys(response.content?.['application/problem+json']?.examples ?? {});
    return status < 400 || codes.length === 0 || codes.includes(body?.code) || (before && hasBody)
      ? []
      : [`the code ${body?.code} is not documented`];
  }

  private bodyFaults({ operation, template }: Route, { status, body, headers }: Answer): string[] {
    const content = operation.responses[status]?.content;
    if (status >= 400) return [...this.faults('rest:#/components/schemas/Problem', body), ...problemFaults(body, { status, headers })];
    if (!content) return body === '' ? [] : [`a body that is not documented: ${JSON.stringify(body)}`];
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const documented = content[type] ?? content['*/*'];
    if (!documented) return [`the content type ${type} is not documented`];
    const { schema } = documented;
    if (type !== 'application/json' || !schema) return [];
    const key = `${operation.operationId} ${status} ${template}`;
    if (!this.known.has(key)) this.known.set(key, this.ajv.compile(relative(closed(jsonSchema(schema)))));
    return this.received(this.known.get(key)!, body);
  }

  private faults(reference: string, value: unknown): string[] {
    if (!this.known.has(reference)) this.known.set(reference, this.ajv.compile({ $ref: reference }));
    return this.received(this.known.get(reference)!, value);
  }

  private received(validate: ValidateFunction, value: unknown): string[] {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || 'it'} ${message} ${JSON.stringify(params)} in ${JSON.stringify(value).slice(0, 800)}`,
    );
  }
}

const FORMATS = {
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
};

const route = (method: string, template: string, operation: AnyJson): Route => {
  const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return { pattern: new RegExp(`^${method.toUpperCase()} ${pattern}/?$`), template, operation };
};
const parameters = ({ template }: Route): number => template.split('{').length;

const withoutOk = ({ ok: _, ...answer }: AnyJson): AnyJson => answer;

function headerFaults({ path: asked }: Asked, { status, headers }: Answer): string[] {
  const faults = headers.get('x-request-id') ? [] : ['without x-request-id'];
  if (headers.get('cache-control') !== 'no-store' && !MAY_BE_KEPT.test(asked.split('?')[0]!)) faults.push('it may be kept by others');
  const type = headers.get('content-type') ?? '';
  if (status >= 400 && type !== 'application/problem+json; charset=utf-8') faults.push(`a problem of the type ${type}`);
  return faults;
}

/** A problem equals the response that carries it: status and headers. */
function problemFaults(problem: AnyJson, { status, headers }: { status?: number; headers?: Headers } = {}): string[] {
  const faults: string[] = [];
  const same = (what: string, received: unknown, is: unknown): void => {
    if (received !== is) faults.push(`its ${what} is ${String(received)}, not ${String(is)}`);
  };
  same('title', problem.title, STATUS_CODES[problem.status]);
  same('type', problem.type, `urn:parley:problem:${problem.code}`);
  if (problem.status >= 500 && problem.status !== 503) faults.push('it is a defect');
  if (problem.status === 403 && problem.code === 'forbidden' && !problem.reason) faults.push('it gives no reason');
  if ([429, 503].includes(problem.status) && !(problem.retryAfter >= 1)) faults.push('it has no retryAfter');
  if (status === undefined || !headers) return faults;
  same('status', problem.status, status);
  same('request id', problem.requestId, headers.get('x-request-id'));
  same('time to wait', headers.get('retry-after'), problem.retryAfter === undefined ? null : String(problem.retryAfter));
  if (status === 401) same('challenge', headers.get('www-authenticate'), 'Bearer');
  return faults;
}

/** Objects with known fields take no others. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, item]) => [key, item === undefined ? item : closed(item)]));
  const isOpen = typeof schema.properties === 'object' && schema.additionalProperties === undefined && schema.type !== undefined;
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

/** References to components lead into the document of the REST side. */
function relative(schema: Json): AnyJson {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"rest:#/components/'));
}
