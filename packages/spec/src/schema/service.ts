import { z } from 'zod';
import { LANGUAGES } from '../model.ts';
import { api } from './api.ts';
import { database } from './database.ts';
import { health } from './health.ts';
import { redis } from './redis.ts';
import { rollout } from './rollout.ts';
import { run } from './run.ts';
import { scale } from './scale.ts';
import { telemetry } from './telemetry.ts';
import { traffic } from './traffic.ts';
import { byDefault, command, distinct, name } from './values.ts';
import { volumes } from './volumes.ts';

const security = z
  .strictObject({
    allow: distinct(name())
      .optional()
      .describe('The only services that may use this one; without it, any that declares so.')
      .meta({ examples: [['web']] }),
  })
  .prefault({})
  .describe('Who may call the service.');

const test = z
  .strictObject({
    unit: command()
      .optional()
      .describe('Tests the service alone: run in its folder.')
      .meta({ examples: ['npm test'] }),
    smoke: command()
      .optional()
      .describe('Tests the running service.')
      .meta({ examples: ['tests/smoke.http'] }),
  })
  .prefault({})
  .describe('How the service is tested.');

/** One service's file. Only `run.command` is required. */
export const service = z.strictObject({
  name: name()
    .optional()
    .describe("How others and the command line call it; without it, the folder's name.")
    .meta({ examples: ['orders'] }),
  language: z
    .enum(LANGUAGES)
    .optional()
    .describe('What it is written in; without it, told from its files. For people to read.')
    .meta({ examples: ['Go'] }),
  run,
  api,
  uses: byDefault('uses', distinct(name()))
    .describe(
      'The only services that it may call. Each gets it an address, `<NAME>_URL`, and a place in the start order.',
    )
    .meta({ examples: [['catalog', 'payments']] }),
  database: database
    .optional()
    .describe('A database that nobody else has: `postgres`, `mariadb`, `sqlite`, or written out.')
    .meta({ examples: ['postgres', { engine: 'postgres', migrations: 'migrations' }] }),
  redis: redis
    .optional()
    .describe('A Redis (or Valkey) that nobody else has: `cache`, `store`, or written out. It is in `REDIS_URL`.')
    .meta({ examples: ['cache', { as: 'cache', maxMemory: '256Mi' }] }),
  volumes: volumes
    .optional()
    .describe('Folders that nobody else has, and that are kept whatever revision runs: their names, or written out.')
    .meta({ examples: [['uploads'], { folders: ['uploads'], backup: { every: '15m' } }] }),
  health,
  scale: scale
    .prefault({})
    .describe('How many instances run: a number, or written out.')
    .meta({ examples: [3, { min: 2, max: 6 }] }),
  rollout,
  traffic,
  security,
  telemetry,
  test,
});

export type ParsedService = z.output<typeof service>;
