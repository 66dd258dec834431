/** Records of one signal as they are sent: `Export…ServiceRequest` in protobuf. */
export interface Message {
  readonly items: number;
  readonly body: Uint8Array;
  /** Of the body. */
  readonly isGzip: boolean;
}
