import { type CommandSpec, json, type OptionSpec, state, timeout } from './command-spec.ts';

/** Of a service that has both. */
const redis: OptionSpec = { flags: '--redis', text: "the service's Redis, not its database" };

/** Verbs about one service's store. */
export const DATABASE: CommandSpec = {
  usage: 'db',
  group: 'data',
  summary: "Look into a service's own database, and look after it",
  examples: ['islet db shell orders', "islet db shell orders -c 'SELECT count(*) FROM orders'"],
  subcommands: [
    {
      usage: 'shell <service> [folder]',
      summary: 'Look into the database, as the service; it can change nothing without --write',
      details:
        "On a terminal the engine's own shell is started where this machine has it (psql, redis-cli, mariadb, sqlite3);\n" +
        'otherwise Islet reads statements itself, from a terminal or from standard input, each ended by ";".',
      examples: ['islet db shell orders', "islet db shell orders -c 'SELECT * FROM orders LIMIT 5' --json"],
      options: [
        { flags: '-c, --command <statement>', text: 'run this one, print what it gives, and end' },
        { flags: '--write', text: 'let it change data' },
        redis,
        json,
        state,
      ],
    },
    {
      usage: 'status <service> [folder]',
      summary: 'Size, connections, commits a second, cache hits and backup of its stores, and what runs for long',
      examples: ['islet db status orders'],
      options: [json, state],
    },
    {
      usage: 'url <service> [folder]',
      summary: "Print the database's address, with the service's password in it",
      examples: ['psql "$(islet db url orders)"'],
      options: [redis, json, state],
    },
    {
      usage: 'seed <service> [folder]',
      summary: 'Fill the database with what the service declares as `database.seed`',
      examples: ['islet db seed orders'],
      options: [{ flags: '--force', text: 'in an environment (`up --env`) too' }, json, state],
    },
    {
      usage: 'dump <service> [folder]',
      summary: "Write a portable dump by the engine's own tool",
      details: 'Exits 3 and says what to install where this machine lacks the tool.',
      examples: ['islet db dump orders > orders.sql', 'islet db dump orders -o orders.sql'],
      options: [{ flags: '-o, --output <file>', text: 'where to write it (default: standard output)' }, state],
    },
    {
      usage: 'migrate <service> [folder]',
      summary: 'Show which migrations the next `up` runs, what of them is dangerous, and the safe way',
      details:
        '`up` runs migrations before the first instance of a new revision starts; this reads the files as they are now.\n' +
        'Exits 1 when one of them would be refused.',
      examples: ['islet db migrate orders --plan'],
      options: [{ flags: '--plan', text: 'show, and change nothing', required: true }, json, state],
    },
    {
      usage: 'rotate <service> [folder]',
      summary: 'Give the database new credentials, and roll the service over to them; no query fails',
      details: 'The old ones go on working until the last instance that was started with them has ended.',
      examples: ['islet db rotate orders'],
      options: [timeout('10m'), json, state],
    },
    {
      usage: 'diff <service> <branch> [folder]',
      summary: "Compare a service's data with a branch of it, by the rows of each table",
      examples: ['islet db diff orders orders-yesterday'],
      options: [json, state],
    },
  ],
};
