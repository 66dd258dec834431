import { z } from 'zod';
import { byDefault, command, cpu, distinct, duration, envName, relativePath, secretName, size } from './values.ts';

const env = z
  .record(
    envName(),
    z.union(
      [
        z.string(),
        z.number(),
        z.boolean(),
        z.strictObject({ secret: secretName().describe('Name of a secret, whose value the variable gets.') }),
      ],
      {
        error: 'a variable is text, a number, true, false, or { secret: name }',
      },
    ),
  )
  .prefault({})
  .describe(
    'Variables of every instance, besides those that Islet gives: text that may hold references, or a secret by its name. ' +
      'Numbers reach the service as they are written. No shell reads a value.',
  )
  .meta({ examples: [{ LOG_LEVEL: 'info', STRIPE_KEY: { secret: 'stripe-key' } }] });

const resources = z
  .strictObject({
    cpu: cpu()
      .optional()
      .describe('Cores that one instance may use; without it, there is no limit.')
      .meta({ examples: [0.5, '500m'] }),
    memory: size()
      .optional()
      .describe('Memory that one instance may use; without it, there is no limit.')
      .meta({ examples: ['256Mi'] }),
  })
  .prefault({})
  .describe('What one instance may use, where the machine can enforce it.');

const stop = z
  .strictObject({
    grace: byDefault('run.stop.grace', duration()).describe('From SIGTERM to SIGKILL.'),
    drain: byDefault('run.stop.drain', duration()).describe(
      'How long requests in flight may take after the instance has left the proxy, before SIGTERM.',
    ),
    longLived: byDefault('run.stop.longLived', duration()).describe(
      'The same for what may go on for as long as it likes: WebSockets, whose clients are told to go, other tunnels, ' +
        'server-sent events, and gRPC calls that are being answered. While nobody else can serve (`strategy: recreate`, or ' +
        '`api.port`), and in `islet dev`, no longer than `drain`.',
    ),
  })
  .prefault({})
  .describe('How an instance ends.');

export const run = z
  .strictObject({
    command: command()
      .describe(
        "Starts one instance, by `/bin/sh`, in the service's folder. It must listen on `$PORT`. References are filled in first; " +
          "what is left is the shell's.",
      )
      .meta({ examples: ['node src/main.ts'] }),
    build: command()
      .optional()
      .describe('Runs once per revision, before it starts.')
      .meta({ examples: ['npm ci'] }),
    inputs: byDefault('run.inputs', distinct(relativePath()).min(1))
      .describe(
        'Folders and files that a revision is made of. A change in them makes a new revision; what `.gitignore` names is no part of it.',
      )
      .meta({ examples: [['.', '../../proto']] }),
    env,
    resources,
    stop,
  })
  .describe('What the service is, and how it is started and ended.');
