/** By schema coordinate, such as `Quest.goal` or `Query.user(id:)`. */
export type Descriptions = Readonly<Record<string, string>>;

/** What holds for all of a kind, by the form of their coordinates; the first that fits is taken. */
const kinds: readonly (readonly [RegExp, string])[] = [
  // Lists are Relay connections.
  [
    /\(first:\)$/,
    'How many from the beginning, 0 to 100; 20 if neither first nor last is given. Not with last.',
  ],
  [/\(last:\)$/, 'How many from the end, 0 to 100. Not with first.'],
  [
    /^Subscription\..+\(after:\)$/,
    'Begin after this position, with all that came since; left out, with what comes from now on. Older than LIVE_RETENTION, 7 days by default, it is CURSOR_EXPIRED.',
  ],
  [/\(after:\)$/, 'Only what comes after this position of the same list.'],
  [/\(before:\)$/, 'Only what comes before this position of the same list.'],
  [
    /\(search:\)$/,
    'Words, or beginnings of words, that all have to be there, whatever their letter case; at most 200 characters. Left out, everything.',
  ],
  [/Edge$/, 'One place of a list, and what stands there.'],
  [/Edge\.cursor$/, 'The position of this place: page on from it by after or before.'],
  [/Edge\.node$/, 'What stands at this place.'],
  [/Connection$/, 'A page of a list, as the Relay cursor connections specification has it.'],
  [/Connection\.edges$/, 'The places of this page, in the order of the list.'],
  [/Connection\.nodes$/, 'The same without their cursors.'],
  [/Connection\.pageInfo$/, 'Whether there is more before and after this page.'],
  [
    /Connection\.totalCount$/,
    'How many the whole list has, for whoever asks; counted only if it is asked for.',
  ],
  // Mutations take one input and give one payload.
  [/^Mutation\..+\(input:\)$/, 'All that this mutation is told.'],
  [/Payload$/, 'What came of a mutation: either it was done, or userErrors say why not.'],
  [/Payload\.userErrors$/, 'What the person can put right; empty if it was done.'],
  [/Payload\.deleted\w+Id$/, 'The id of what is gone now; null if it is still there.'],
  [/Payload\.wallet$/, 'The wallet after it; null if nothing was done.'],
  [/Payload\.account$/, 'The account after it; null if nothing was done.'],
  [
    /Payload\.(post|collection|product|purchase|quest|reward|entry|completion|deadLetter)$/,
    'As it is now; null if nothing was done.',
  ],
  [
    /^(Create|Update|Delete|Set|Record|Mark|Sign|Unlink|Link|Refresh|Revoke|Change|Claim|Replay|Adjust|Reverse|Suspend|Purchase|Collection)\w*Input$/,
    'What the mutation of the same name is told.',
  ],
  [
    /Input\.expectedVersion$/,
    'The version that was read. If it is no longer the present one, the answer is VERSION_CONFLICT and nothing changes.',
  ],
  [/^(Update|Delete)\w+Input\.id$/, 'Which one; NOT_FOUND if the viewer sees none with this id.'],
  [/Input\.userId$/, 'Whose; NOT_FOUND if there is nobody with this id.'],
  [
    /Input\.idempotencyKey$/,
    'Made by the client, 1 to 255 printable ASCII characters; a repeat within 24 hours gives the first result instead of another effect.',
  ],
  // Nodes.
  [
    /\.version$/,
    'Grows by 1 with each change; given back as expectedVersion, it keeps two people from overwriting each other.',
  ],
  [/\.createdAt$/, 'When it came to be.'],
  [/\.updatedAt$/, 'When it was last changed.'],
  [/^\w+Event\.cursor$/, 'Where the stream stands with this event: give it as after to go on behind it.'],
  [/^\w+Event\.occurredAt$/, 'When the change that this event tells of was made.'],
];

/** @returns undefined if it is of no kind that has words of its own */
export function generalDescription(coordinate: string): string | undefined {
  return kinds.find(([form]) => form.test(coordinate))?.[1];
}
