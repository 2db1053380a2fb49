import { newcomer, type Person } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

export type Rule = 'PUBLIC' | 'SIGNED_IN' | 'ADMIN';

/** Who may call a root field; the call, which takes effect if it is allowed; and its variables. */
export type Call = readonly [Rule, string, (() => object)?];

/** The objects that the calls use. */
export interface Things {
  readonly user: Person;
  readonly quest: { id: string; eventType: string };
  readonly reward: { id: string };
  readonly completionId: string;
  readonly entryId: string;
  readonly deadLetterId: string;
  readonly victim: Person;
  readonly product: { id: string; price: { currency: 'GOLD' | 'DIAMOND'; amount: number } };
  readonly collectionId: string;
}

/** A call of each root field, with who may make it according to CONTRACT.md, "Authentication". */
export function callsOf(things: () => Things): Readonly<Record<string, Call>> {
  return {
    'Query.hello': ['PUBLIC', '{ hello { message } }'],
    'Query.node': ['PUBLIC', 'query($id: ID!) { node(id: $id) { id } }', () => ({ id: things().quest.id })],
    'Query.nodes': ['PUBLIC', '{ nodes(ids: []) { id } }'],
    'Query.viewer': ['PUBLIC', '{ viewer { id } }'],
    'Query.user': ['PUBLIC', 'query($id: ID!) { user(id: $id) { id } }', () => ({ id: things().user.id })],
    'Query.quest': ['PUBLIC', 'query($id: ID!) { quest(id: $id) { id } }', () => ({ id: things().quest.id })],
    'Query.quests': ['PUBLIC', '{ quests { totalCount } }'],
    'Query.reward': [
      'PUBLIC',
      'query($id: ID!) { reward(id: $id) { id } }',
      () => ({ id: things().reward.id }),
    ],
    'Query.rewards': ['PUBLIC', '{ rewards { totalCount } }'],
    'Query.liveCursor': ['PUBLIC', '{ liveCursor }'],
    'Query.events': ['ADMIN', '{ events { nodes { id } totalCount } }'],
    'Query.deadLetters': ['ADMIN', '{ deadLetters { nodes { id } totalCount } }'],
    'Query.auditEvents': ['ADMIN', '{ auditEvents { nodes { id } totalCount } }'],
    'Mutation.signUp': ['PUBLIC', change('signUp', 'SignUpInput'), () => input(newcomer({}))],
    'Mutation.signIn': [
      'PUBLIC',
      change('signIn', 'SignInInput'),
      () => input({ login: things().user.username, password: things().user.password }),
    ],
    'Mutation.refreshSession': [
      'PUBLIC',
      change('refreshSession', 'RefreshSessionInput'),
      () => input({ refreshToken: things().user.refreshToken }),
    ],
    'Mutation.signInWithCode': [
      'PUBLIC',
      change('signInWithCode', 'SignInWithCodeInput'),
      () => input({ code: 'a code that nobody was given' }),
    ],
    'Mutation.linkProvider': [
      'SIGNED_IN',
      change('linkProvider', 'LinkProviderInput'),
      () => input({ provider: 'google' }),
    ],
    'Mutation.unlinkProvider': [
      'SIGNED_IN',
      change('unlinkProvider', 'UnlinkProviderInput'),
      () => input({ provider: 'google' }),
    ],
    'Mutation.updateProfile': [
      'SIGNED_IN',
      change('updateProfile', 'UpdateProfileInput'),
      () => input({ displayName: unique('Name ') }),
    ],
    'Mutation.claimReward': [
      'SIGNED_IN',
      change('claimReward', 'ClaimRewardInput'),
      () => input({ completionId: things().completionId }),
    ],
    'Mutation.recordEvents': [
      'SIGNED_IN',
      change('recordEvents', 'RecordEventsInput'),
      () =>
        input({
          events: [
            {
              eventId: crypto.randomUUID(),
              eventType: things().quest.eventType,
              timestamp: new Date().toISOString(),
            },
          ],
        }),
    ],
    'Mutation.markNotificationsRead': [
      'SIGNED_IN',
      change('markNotificationsRead', 'MarkNotificationsReadInput'),
      () => input({}),
    ],
    'Mutation.createQuest': [
      'ADMIN',
      change('createQuest', 'CreateQuestInput'),
      () => input({ name: unique('Quest '), eventType: unique('test.') }),
    ],
    'Mutation.updateQuest': [
      'ADMIN',
      change('updateQuest', 'UpdateQuestInput'),
      () => input({ id: things().quest.id, expectedVersion: 1, name: unique('Quest ') }),
    ],
    'Mutation.createReward': [
      'ADMIN',
      change('createReward', 'CreateRewardInput'),
      () => input({ name: unique('Reward '), item: gift }),
    ],
    'Mutation.updateReward': [
      'ADMIN',
      change('updateReward', 'UpdateRewardInput'),
      () => input({ id: things().reward.id, expectedVersion: 1, name: unique('Reward ') }),
    ],
    'Mutation.adjustWallet': [
      'ADMIN',
      change('adjustWallet', 'AdjustWalletInput'),
      () => input({ userId: things().user.id, amount: gift, note: 'x', idempotencyKey: unique('key') }),
    ],
    'Mutation.reverseEntry': [
      'ADMIN',
      change('reverseEntry', 'ReverseEntryInput'),
      () => input({ entryId: things().entryId, note: 'x' }),
    ],
    'Mutation.replayDeadLetter': [
      'ADMIN',
      change('replayDeadLetter', 'ReplayDeadLetterInput'),
      () => input({ id: things().deadLetterId }),
    ],
    'Query.users': ['PUBLIC', '{ users { totalCount } }'],
    'Query.account': [
      'ADMIN',
      'query($userId: ID!) { account(userId: $userId) { id } }',
      () => ({ userId: things().user.id }),
    ],
    'Query.accounts': ['ADMIN', '{ accounts { totalCount } }'],
    'Query.product': [
      'PUBLIC',
      'query($id: ID!) { product(id: $id) { id } }',
      () => ({ id: things().product.id }),
    ],
    'Query.products': ['PUBLIC', '{ products { totalCount } }'],
    'Query.post': ['PUBLIC', 'query($id: ID!) { post(id: $id) { id } }', () => ({ id: nothing('post') })],
    'Query.posts': ['PUBLIC', '{ posts { totalCount } }'],
    'Query.collection': [
      'PUBLIC',
      'query($id: ID!) { collection(id: $id) { id } }',
      () => ({ id: things().collectionId }),
    ],
    'Query.collections': ['PUBLIC', '{ collections { totalCount } }'],
    'Mutation.setRole': [
      'ADMIN',
      change('setRole', 'SetRoleInput'),
      () => input({ userId: things().victim.id, role: 'SERVICE' }),
    ],
    'Mutation.suspendAccount': [
      'ADMIN',
      change('suspendAccount', 'SuspendAccountInput'),
      () => input({ userId: things().victim.id, suspended: true }),
    ],
    'Mutation.deleteUser': [
      'ADMIN',
      change('deleteUser', 'DeleteUserInput'),
      () => input({ userId: things().victim.id }),
    ],
    'Mutation.deleteAccount': [
      'SIGNED_IN',
      change('deleteAccount', 'DeleteAccountInput'),
      () => input({ password: 'not theirs at all' }),
    ],
    'Mutation.createProduct': [
      'ADMIN',
      change('createProduct', 'CreateProductInput'),
      () => input({ sku: unique('sku-'), name: unique('Product '), price: gift }),
    ],
    'Mutation.updateProduct': [
      'ADMIN',
      change('updateProduct', 'UpdateProductInput'),
      () => input({ id: things().product.id, expectedVersion: 1, name: unique('Product ') }),
    ],
    'Mutation.purchaseProduct': [
      'SIGNED_IN',
      change('purchaseProduct', 'PurchaseProductInput'),
      () =>
        input({
          productId: things().product.id,
          expectedPrice: things().product.price,
          idempotencyKey: unique('key'),
        }),
    ],
    'Mutation.deleteProduct': [
      'ADMIN',
      change('deleteProduct', 'DeleteProductInput'),
      () => input({ id: things().product.id }),
    ],
    'Mutation.createPost': [
      'SIGNED_IN',
      change('createPost', 'CreatePostInput'),
      () => input({ title: unique('Post '), body: 'Said.' }),
    ],
    'Mutation.createCollection': [
      'SIGNED_IN',
      change('createCollection', 'CreateCollectionInput'),
      () => input({ name: unique('Collection ') }),
    ],
    // The rule admits every signed-in viewer; ownership is checked together with the posts and collections.
    'Mutation.updatePost': [
      'SIGNED_IN',
      change('updatePost', 'UpdatePostInput'),
      () => input({ id: nothing('post'), expectedVersion: 1 }),
    ],
    'Mutation.deletePost': [
      'SIGNED_IN',
      change('deletePost', 'DeletePostInput'),
      () => input({ id: nothing('post') }),
    ],
    'Mutation.updateCollection': [
      'SIGNED_IN',
      change('updateCollection', 'UpdateCollectionInput'),
      () => input({ id: nothing('collection'), expectedVersion: 1 }),
    ],
    'Mutation.deleteCollection': [
      'SIGNED_IN',
      change('deleteCollection', 'DeleteCollectionInput'),
      () => input({ id: nothing('collection') }),
    ],
    'Mutation.addPostToCollection': [
      'SIGNED_IN',
      change('addPostToCollection', 'CollectionPostInput'),
      () => input({ collectionId: nothing('collection'), postId: nothing('post') }),
    ],
    'Mutation.removePostFromCollection': [
      'SIGNED_IN',
      change('removePostFromCollection', 'CollectionPostInput'),
      () => input({ collectionId: nothing('collection'), postId: nothing('post') }),
    ],
    'Subscription.postChanged': ['PUBLIC', 'subscription { postChanged { cursor } }'],
    'Subscription.collectionChanged': [
      'PUBLIC',
      'subscription($collectionId: ID!) { collectionChanged(collectionId: $collectionId) { cursor } }',
      () => ({ collectionId: things().collectionId }),
    ],
    'Subscription.questCompleted': ['SIGNED_IN', 'subscription { questCompleted { cursor } }'],
    'Subscription.notificationReceived': ['SIGNED_IN', 'subscription { notificationReceived { cursor } }'],
    'Subscription.questProgressed': ['SIGNED_IN', 'subscription { questProgressed { cursor } }'],
    'Subscription.walletChanged': ['SIGNED_IN', 'subscription { walletChanged { cursor } }'],
    'Mutation.revokeSession': [
      'SIGNED_IN',
      change('revokeSession', 'RevokeSessionInput'),
      () => input({ sessionId: crypto.randomUUID() }),
    ],
    'Mutation.changePassword': [
      'SIGNED_IN',
      change('changePassword', 'ChangePasswordInput'),
      () => input({ currentPassword: 'not theirs at all', newPassword: 'plum violin harbour 2' }),
    ],
    // The last one, because it ends the session.
    'Mutation.signOut': ['SIGNED_IN', 'mutation { signOut { userErrors { code } } }'],
  };
}

/** An id that nothing has. */
function nothing(prefix: string): string {
  return `${prefix}_${'0'.repeat(26)}`;
}

const gift = { currency: 'GOLD', amount: 1 } as const;

function change(field: string, inputType: string): string {
  return `mutation($input: ${inputType}!) { ${field}(input: $input) { userErrors { code field } } }`;
}

function input(fields: object) {
  return { input: fields };
}
