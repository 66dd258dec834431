import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { folderRepository, parseRecoveryKey, s3Repository } from '@islet/backup';
import { DriverError } from '@islet/driver';
import { parseWanted } from './api/backups.ts';
import { recover } from './backup/recover.ts';

/*
 * Brings a system back on an empty machine; a program of its own, since no control plane can run before there is a state.
 *
 *   node recover-main.ts --state DIR --from s3://BUCKET/FOLDER|DIR --key FILE [--endpoint URL] [--region R] [--to MOMENT]
 *
 * Who may read the bucket is told by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Answers with one line of JSON.
 */
const { values } = parseArgs({
  options: {
    state: { type: 'string', default: '' },
    from: { type: 'string', default: '' },
    key: { type: 'string', default: '' },
    endpoint: { type: 'string' },
    region: { type: 'string', default: 'us-east-1' },
    to: { type: 'string', default: 'latest' },
  },
});

try {
  const by = parseRecoveryKey(readFileSync(values.key, 'utf8'));
  const from = await repositoryOf(values.from);
  const request = { state: values.state, from, by, wanted: parseWanted(values.to), now: Date.now() };
  const recovered = await recover(request, { signal: new AbortController().signal });
  process.stdout.write(`${JSON.stringify({ kind: 'recovered', recovered })}\n`);
} catch (thrown) {
  const { message, hint } = DriverError.from(thrown);
  process.stdout.write(`${JSON.stringify({ kind: 'failed', message, hint })}\n`);
}

async function repositoryOf(from: string) {
  if (!from.startsWith('s3://')) return folderRepository(from);
  const [bucket = '', ...folders] = from.slice('s3://'.length).split('/');
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = process.env;
  if (accessKey === undefined || secretKey === undefined) {
    throw new DriverError('refused', 'nobody may read a bucket without a key of it', {
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    });
  }
  const { endpoint, region } = values;
  return s3Repository({ bucket, prefix: folders.join('/'), endpoint, region, accessKey, secretKey });
}
