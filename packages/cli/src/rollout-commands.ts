import { type CommandSpec, environment, json, state, timeout } from './command-spec.ts';

/** How a new revision is brought in, seen and steered, and taken back. */
export const ROLLOUT_COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'deploy <service> [folder]',
    group: 'run',
    summary: "Make one service's files true, and wait for the outcome; all others stay as they are",
    details:
      "Reads no other service's files, so that a mistake in them, or a change that is not ready, keeps nobody from deploying.",
    examples: ['islet deploy orders', 'islet deploy orders --timeout 20m --json'],
    options: [environment, timeout('30m'), json, state],
  },
  {
    usage: 'rollback <service> [revision] [folder]',
    group: 'run',
    summary: 'Go back to a revision that worked: the one before, or the one named',
    details: 'Builds nothing. While the newer revision bakes, the older one is warm, and takes over at once.',
    examples: ['islet rollback orders', 'islet rollback orders 3f9a2c1'],
    options: [timeout('10m'), json, state],
  },
  {
    usage: 'rollout',
    group: 'run',
    summary: 'See and steer how a new revision comes in',
    examples: ['islet rollout status orders', 'islet rollout promote orders'],
    subcommands: [
      {
        usage: 'status <service> [folder]',
        summary: 'How far it is, why it is there, and what its requests say',
        examples: ['islet rollout status orders'],
        options: [json, state],
      },
      {
        usage: 'history <service> [folder]',
        summary: 'What was decided on its rollouts, and why, newest last',
        examples: ['islet rollout history orders'],
        options: [json, state],
      },
      {
        usage: 'pause <service> [folder]',
        summary: 'Stay where it is, until it is resumed; a revision that gets worse is rolled back all the same',
        examples: ['islet rollout pause orders'],
        options: [json, state],
      },
      {
        usage: 'resume <service> [folder]',
        summary: 'Go on after a pause, or past a step that waits for a person',
        examples: ['islet rollout resume orders'],
        options: [timeout('30m'), json, state],
      },
      {
        usage: 'promote <service> [folder]',
        summary: 'Skip the steps that are left, and give it all of the traffic',
        examples: ['islet rollout promote orders'],
        options: [timeout('30m'), json, state],
      },
      {
        usage: 'abort <service> [folder]',
        summary: 'Give it up now, also while it bakes; what ran before takes over at once',
        examples: ['islet rollout abort orders'],
        options: [timeout('10m'), json, state],
      },
    ],
  },
];
