import S3rver from 's3rver';

/* node s3-main.ts DIR BUCKET: storage that speaks S3, until it is ended. Prints its port. */
const [directory = '', bucket = ''] = process.argv.slice(2);
const configureBuckets = [{ name: bucket, configs: [] }];
const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets });
const { port } = (await server.run()) as { port: number };
process.stdout.write(`${port}\n`);
