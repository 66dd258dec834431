import { type CommandSpec, json, state } from './command-spec.ts';

/** What the proxy has stored of services' responses. */
export const CACHE: CommandSpec = {
  usage: 'cache',
  group: 'run',
  summary: 'What the proxy has stored of responses (`traffic.cache`)',
  examples: ['islet cache purge catalog', 'islet cache purge catalog --path "/products/*"'],
  subcommands: [
    {
      usage: 'purge <service> [folder]',
      summary: 'Forget stored responses of a service: all, or those of a path or a group; it is asked anew',
      details:
        'A path is as the service sees it, whatever the query; `/products/*` is all below it. A group is what a response names in its `Cache-Groups` field (RFC 9875).',
      examples: ['islet cache purge catalog --group prices'],
      options: [
        { flags: '--path <path>', text: 'only those of this path' },
        { flags: '--group <name>', text: 'only those of this group' },
        json,
        state,
      ],
    },
  ],
};
