import type { S3Client } from '@aws-sdk/client-s3';
import { DriverError } from '@islet/driver';
import type { Repository, StoredObject } from './repository.ts';

/** Where a bucket is, and who may write there. */
export interface S3Place {
  readonly bucket: string;
  /** Without a slash at its ends; empty: the bucket itself. */
  readonly prefix: string;
  /** Undefined: Amazon's own, for the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

const TRIES = 4;

/** A bucket of Amazon S3, or of whatever speaks like it. The client is loaded when there is one. */
export async function s3Repository(place: S3Place): Promise<Repository> {
  const s3 = await import('@aws-sdk/client-s3');
  const { bucket: Bucket, prefix, endpoint, region, accessKey, secretKey } = place;
  const client: S3Client = new s3.S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    maxAttempts: TRIES,
    // Everything is checked by its seal; not every storage knows the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`);
  const told = (what: string, error: unknown): DriverError => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const code = DENIED.has(name) ? 'refused' : 'unavailable';
    return new DriverError(code, `${what} in s3://${Bucket}: ${name}: ${message}`, { cause: error });
  };
  return {
    place: `s3://${Bucket}${prefix === '' ? '' : `/${prefix}`}`,
    put: async (name, bytes, { signal }) => {
      const put = new s3.PutObjectCommand({ Bucket, Key: keyOf(name), Body: bytes });
      await client.send(put, { abortSignal: signal }).catch((error: unknown) => {
        throw told(`${name} can't be written`, error);
      });
    },
    get: async (name, { signal }) => {
      const get = new s3.GetObjectCommand({ Bucket, Key: keyOf(name) });
      try {
        const { Body } = await client.send(get, { abortSignal: signal });
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof s3.NoSuchKey || (error instanceof Error && error.name === 'NotFound')) return undefined;
        throw told(`${name} can't be read`, error);
      }
    },
    list: async (wanted, { signal }) => {
      const found: StoredObject[] = [];
      try {
        const pages = s3.paginateListObjectsV2({ client }, { Bucket, Prefix: keyOf(wanted) }, { abortSignal: signal });
        for await (const { Contents = [] } of pages) {
          for (const { Key = '', Size = 0 } of Contents) {
            found.push({ name: prefix === '' ? Key : Key.slice(prefix.length + 1), bytes: Size });
          }
        }
      } catch (error) {
        throw told("what is there can't be listed", error);
      }
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    remove: async (name, { signal }) => {
      const remove = new s3.DeleteObjectCommand({ Bucket, Key: keyOf(name) });
      await client.send(remove, { abortSignal: signal }).catch((error: unknown) => {
        throw told(`${name} can't be removed`, error);
      });
    },
  };
}

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'NoSuchBucket',
]);
