/**
 * What to do first if nothing exists that fits a placeholder of an example, by the name of the placeholder.
 */
const advice: Readonly<Record<string, string>> = {
  userId: 'sign in first, in the panel',
  refreshToken: 'sign in first, in the panel',
  sessionId: 'sign in once more first, in another window: this one is your only session',
  otherUserId: 'sign up somebody first: SignUp',
  postId: 'write a post first: CreatePost',
  ownPostId: 'sign in and write a post first: CreatePost',
  ownPostVersion: 'sign in and write a post first: CreatePost',
  collectionId: 'make a collection first: CreateCollection',
  ownCollectionId: 'sign in and make a collection first: CreateCollection',
  ownCollectionVersion: 'sign in and make a collection first: CreateCollection',
  questId: 'make a quest first, as admin: CreateQuest',
  questVersion: 'make a quest first, as admin: CreateQuest',
  rewardId: 'make a reward first, as admin: CreateReward',
  rewardVersion: 'make a reward first, as admin: CreateReward',
  productId: 'make a product first, as admin: CreateProduct',
  productVersion: 'make a product first, as admin: CreateProduct',
  offerId: 'make a product first, as admin: CreateProduct',
  offerSku: 'make a product first, as admin: CreateProduct',
  offerPrice: 'make a product first, as admin: CreateProduct',
  completionId: 'sign in and first complete a quest whose reward you have to claim: CreatePost',
  entryId: 'sign in and complete a quest first: signing in again pays a little',
  deadLetterId:
    'nothing to do: DeadLetters, as admin, lists events that could not be applied, and there are none',
};

/** The text that replaces a placeholder whose value was not found. */
export function adviceFor(placeholder: string): string {
  const words = advice[placeholder];
  return words === undefined ? `<${placeholder}>` : `<${words}>`;
}
