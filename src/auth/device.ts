/** Where a session was begun, as its owner sees it in the list. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}
