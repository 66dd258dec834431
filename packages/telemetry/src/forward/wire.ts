import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attributes } from '@islet/client';

/** What is written of OTLP's messages, field by field, as `otlp/wire.ts` reads them; the numbers are opentelemetry-proto's. */

/** Takes secrets out of text. */
export type Redact = (text: string) => string;

/** Which instance of which service something is of. */
export interface Origin {
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
}

export function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

/** What is empty is the default, and is left out. */
export function text(writer: BinaryWriter, field: number, value: string): void {
  if (value !== '') writer.tag(field, WireType.LengthDelimited).string(value);
}

export function id(writer: BinaryWriter, field: number, hex: string): void {
  if (hex !== '') writer.tag(field, WireType.LengthDelimited).bytes(Buffer.from(hex, 'hex'));
}

export function number(writer: BinaryWriter, field: number, value: number): void {
  if (value !== 0) writer.tag(field, WireType.Varint).uint32(value);
}

export function double(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit64).double(value);
}

export function fixed64(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit64).fixed64(value);
}

/** Milliseconds as nanoseconds, exact to the microsecond. */
export function instant(writer: BinaryWriter, field: number, ms: number): void {
  writer.tag(field, WireType.Bit64).fixed64(BigInt(Math.round(ms * 1000)) * 1000n);
}

export function attributes(writer: BinaryWriter, field: number, values: Attributes, redact: Redact): void {
  for (const [key, value] of Object.entries(values)) {
    message(writer, field, () => {
      text(writer, 1, key);
      message(writer, 2, () => anyValue(writer, typeof value === 'string' ? redact(value) : value));
    });
  }
}

export function anyValue(writer: BinaryWriter, value: Attributes[string]): void {
  if (typeof value === 'string') writer.tag(1, WireType.LengthDelimited).string(value);
  else if (typeof value === 'boolean') writer.tag(2, WireType.Varint).bool(value);
  else if (Number.isSafeInteger(value)) writer.tag(3, WireType.Varint).int64(value);
  else double(writer, 4, value);
}

/**
 * A request of one of OTLP's three services, which are alike: for each origin its resource, and in it one scope with all that
 * is of it.
 */
export function request<T extends Origin>(
  rows: readonly T[],
  system: string,
  writeItems: (writer: BinaryWriter, rows: readonly T[]) => void,
): Uint8Array {
  const writer = new BinaryWriter();
  const origins = Map.groupBy(rows, ({ service, instance, revision }) => `${service}\n${instance}\n${revision}`);
  for (const own of origins.values()) {
    const [first] = own;
    if (first === undefined) continue;
    message(writer, 1, () => {
      message(writer, 1, () => attributes(writer, 1, resourceOf(first, system), (value) => value));
      message(writer, 2, () => {
        message(writer, 1, () => text(writer, 1, SCOPE));
        writeItems(writer, own);
      });
    });
  }
  return writer.finish();
}

const SCOPE = 'islet';

/** Names of OpenTelemetry's semantic conventions for a service; what is not known is left out. */
function resourceOf({ service, instance, revision }: Origin, system: string): Attributes {
  const named = {
    'service.name': service,
    'service.namespace': system,
    'service.instance.id': instance,
    'service.version': revision,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== ''));
}
