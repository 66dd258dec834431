import { type CommandSpec, json, state, timeout } from './command-spec.ts';
import { FAULT_COMMANDS } from './drill-commands.ts';

/** Backups, restores and drills. */
export const BACKUP_COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'backup',
    group: 'data',
    summary: "Look after the backups of services' data",
    details: "A service's database is called by the service's name, its Redis `orders.redis`.",
    examples: ['islet backup status', 'islet backup now orders'],
    subcommands: [
      {
        usage: 'status [folder]',
        summary: 'For each service: the last backup, what could be lost, what can be restored, and what is wrong',
        details: 'Exits 1 when something is wrong with a backup.',
        examples: ['islet backup status'],
        options: [json, state],
      },
      {
        usage: 'now <service> [folder]',
        summary: "Copy a service's data now, and wait until the copy is whole and was read again",
        examples: ['islet backup now orders'],
        options: [timeout('1h'), json, state],
      },
      {
        usage: 'list <service> [folder]',
        summary: "A service's backups, newest first, and up to when each can be rolled forward",
        examples: ['islet backup list orders'],
        options: [json, state],
      },
      {
        usage: 'verify <service> [folder]',
        summary: "Read all of a service's backups, and check every byte; exits 1 when something is wrong",
        examples: ['islet backup verify orders'],
        options: [json, state],
      },
      {
        usage: 'key',
        summary: 'The recovery key, without which no backup can be read on another machine',
        examples: ['islet backup key export > key.txt'],
        subcommands: [
          {
            usage: 'export [folder]',
            summary: 'Print the recovery key once, to be kept off this machine',
            examples: ['islet backup key export > key.txt'],
            options: [{ flags: '--again', text: 'though it was exported before' }, json, state],
          },
        ],
      },
    ],
  },
  {
    usage: 'restore <service> [folder]',
    group: 'data',
    summary: "Bring a service's data back as it was at any second, in place or as a branch beside it",
    details:
      'In place, the service is drained and stopped for it, and its data of before is kept until --confirm.\n' +
      'With --as, a running copy is made on an address of its own, and the service notices nothing.\n' +
      'The Redis beside a database is called `orders.redis`.',
    examples: [
      'islet restore orders --to 2026-11-27T02:25:04Z',
      'islet restore orders --to 2026-11-26T12:00:00Z --as orders-yesterday',
      'islet restore orders --confirm',
    ],
    options: [
      {
        flags: '--to <moment>',
        text: 'an instant, latest, before-migration, before-upgrade, or a name from `islet backup list`',
      },
      { flags: '--as <branch>', text: 'make a running copy of that name instead' },
      { flags: '--confirm', text: 'delete the data from before the last restore' },
      { flags: '--undo', text: 'bring the data from before the last restore back' },
      { flags: '--drop <branch>', text: 'delete a branch' },
      timeout('6h'),
      json,
      state,
    ],
  },
  {
    usage: 'recover [folder]',
    group: 'data',
    summary:
      'Bring a whole system back: on an empty machine from its backups and the recovery key, or a running one to a moment',
    details:
      "On an empty machine it needs the system's files, the backups' second place, and the recovery key. After it, `islet up`\n" +
      'builds and starts all services, each with its data as of the moment asked for.\n' +
      'Without --key, every store of the system that runs here, and what is asked for, goes back to one moment: all of them\n' +
      'together, or none. The data of before is kept until `islet restore <service> --confirm`.',
    examples: [
      'islet recover --key recovery-key.txt',
      'islet recover --from s3://example-backups/shop --key key.txt --to 2026-11-27T02:00:00Z',
      'islet recover --to 2026-11-27T02:00:00Z',
    ],
    options: [
      { flags: '--key <file>', text: 'the recovery key, as `islet backup key export` printed it' },
      { flags: '--from <place>', text: 's3://BUCKET/FOLDER, or a folder (default: as islet.yaml says)' },
      { flags: '--endpoint <url>', text: 'where the storage is (default: as islet.yaml says)' },
      { flags: '--region <name>', text: "the storage's region (default: as islet.yaml says)" },
      { flags: '--to <moment>', text: 'an instant, or with a key latest' },
      timeout('6h'),
      json,
      state,
    ],
  },
  {
    usage: 'drill',
    group: 'data',
    summary: 'Prove that what is kept for bad days works',
    examples: ['islet drill restore orders'],
    subcommands: [
      {
        usage: 'restore <service> [folder]',
        summary: 'Restore the newest backup beside the service, check all of it, and throw it away',
        details: 'Exits 1 when the backup does not come back, or something that must hold of it does not.',
        examples: ['islet drill restore orders'],
        options: [timeout('6h'), json, state],
      },
      ...FAULT_COMMANDS,
    ],
  },
];
