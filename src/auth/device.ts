/** Where a session was begun, as its owner sees it in the list. */
export interface Device {
  /** At most 500 characters: `deviceOf` cuts it. */
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}
