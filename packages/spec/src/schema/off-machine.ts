import { z } from 'zod';
import { secretName } from './values.ts';

const secret = (what: string) =>
  z.strictObject({ secret: secretName().describe(`Name of the secret that holds ${what}.`) });

/** Where the second copy of all backups is kept. */
export const offMachine = z.strictObject({
  to: z
    .string()
    .regex(
      /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._/-]*[A-Za-z0-9._-])?$/,
      'expected s3://bucket or s3://bucket/folder, where the bucket has 3 to 63 lower-case letters, digits, "." and "-"',
    )
    .describe('A bucket of Amazon S3 or of storage that speaks like it, and a folder in it.')
    .meta({ examples: ['s3://example-backups/shop'] }),
  endpoint: z
    .string()
    .regex(/^https?:\/\/[^\s/]+(\/\S*)?$/, 'expected the URL of the storage, such as https://s3.example.com')
    .optional()
    .describe("Where the storage is, if it is not Amazon's own.")
    .meta({ examples: ['https://s3.example.com'] }),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'a region has lower-case letters, digits and "-"')
    .prefault('us-east-1')
    .describe('Its region.')
    .meta({ examples: ['eu-central-1'] }),
  accessKey: secret('the access key id').describe('Who writes there.'),
  secretKey: secret('the secret access key').describe('With which key.'),
});
