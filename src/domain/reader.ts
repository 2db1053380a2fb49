/** Whoever an answer or a live event is for, as far as that decides what they may see; null for nobody in particular. */
export type Reader = { readonly accountId: string; readonly role: string } | null;
