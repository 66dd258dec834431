import { LOG_LEVELS, SPAN_KINDS } from '@islet/client';
import type { OtlpSpan } from '../otlp/model.ts';
import { RECORD_ATTRIBUTE } from '../proxy/request-spans.ts';
import { attributesOf, type LogRow, type SpanRow } from '../store/rows.ts';
import { anyValue, attributes, id, instant, message, number, type Redact, request, text } from './wire.ts';

const STATUS = { unset: 0, ok: 1, error: 2 } as const;
/** `SeverityNumber` has four for each level; the first is the plain one. */
const NUMBERS_OF_LEVEL = 4;

/** `ExportTraceServiceRequest` in protobuf. */
export function encodeSpans(rows: readonly SpanRow[], system: string, redact: Redact): Uint8Array {
  return request(rows, system, (writer, own) => {
    for (const row of own) {
      message(writer, 2, () => {
        id(writer, 1, row.trace);
        id(writer, 2, row.span);
        id(writer, 4, row.parent);
        text(writer, 5, redact(row.name));
        number(writer, 6, SPAN_KINDS.indexOf(row.kind) + 1);
        instant(writer, 7, row.at);
        instant(writer, 8, row.endAt);
        // The proxy's whole record is for `islet explain`; to others its attributes say the same.
        const { [RECORD_ATTRIBUTE]: _, ...told } = attributesOf(row.attributes);
        attributes(writer, 9, told, redact);
        for (const event of eventsOf(row)) {
          message(writer, 11, () => {
            instant(writer, 1, event.at);
            text(writer, 2, redact(event.name));
            attributes(writer, 3, event.attributes, redact);
          });
        }
        message(writer, 15, () => {
          text(writer, 2, redact(row.message));
          number(writer, 3, STATUS[row.status]);
        });
      });
    }
  });
}

function eventsOf({ events }: SpanRow): OtlpSpan['events'] {
  return events === '' ? [] : (JSON.parse(events) as OtlpSpan['events']);
}

/** `ExportLogsServiceRequest` in protobuf. */
export function encodeLogs(rows: readonly LogRow[], system: string, redact: Redact): Uint8Array {
  return request(rows, system, (writer, own) => {
    for (const row of own) {
      message(writer, 2, () => {
        instant(writer, 1, row.at);
        if (row.level !== undefined) {
          number(writer, 2, LOG_LEVELS.indexOf(row.level) * NUMBERS_OF_LEVEL + 1);
          text(writer, 3, row.level.toUpperCase());
        }
        message(writer, 5, () => anyValue(writer, redact(row.text)));
        attributes(writer, 6, attributesOf(row.attributes), redact);
        id(writer, 9, row.trace);
        id(writer, 10, row.span);
        instant(writer, 11, row.at);
      });
    }
  });
}
