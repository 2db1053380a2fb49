/** The viewer, as far as that decides what an answer or a live event may show; null if nobody is signed in. */
export type Reader = { readonly accountId: string; readonly role: string } | null;
