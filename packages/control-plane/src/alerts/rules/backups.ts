import type { Condition } from '@islet/policy';

export interface BackupTrouble {
  readonly service: string;
  readonly problems: readonly string[];
}

/** `place`: where the second copy goes. */
export function backupConditions(troubles: readonly BackupTrouble[], place: string | undefined): readonly Condition[] {
  const late = troubles.flatMap(({ service, problems }): Condition[] => {
    const [problem] = problems;
    if (problem === undefined) return [];
    return [
      {
        rule: 'backup',
        service,
        severity: 'ticket',
        summary: `the backup of ${service} is not as it should be`,
        why: problems.join('; '),
        help: `islet backup status; islet backup now ${service}`,
      },
    ];
  });
  if (place !== undefined || troubles.length === 0) return late;
  return [
    ...late,
    {
      rule: 'off-machine',
      service: undefined,
      severity: 'info',
      summary: 'no copy of the backups is off this machine',
      why: 'islet.yaml has no section backup, so the loss of this machine is the loss of all data',
      help: 'write backup into islet.yaml; see the guide on backups',
    },
  ];
}
