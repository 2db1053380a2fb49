import { graphql } from 'relay-runtime';

// Only relay-compiler reads this file; it is never run. An app has these tags where it uses them, and a plugin of its
// bundler replaces them with the compiled output.

graphql`
  query HomeQuery {
    liveCursor
    viewer {
      wallet { gold diamond }
      questProgress(first: 1) { nodes { count } }
      user { id ...Posts_user }
    }
  }
`;

graphql`
  fragment Posts_user on User
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "Cursor" })
  @refetchable(queryName: "MorePostsQuery") {
    posts(first: $first, after: $after) @connection(key: "Posts_user_posts") {
      edges { node { title } }
      pageInfo { endCursor hasNextPage }
    }
  }
`;

graphql`
  mutation CreatePost($input: CreatePostInput!, $connections: [ID!]!) {
    createPost(input: $input) {
      postEdge @prependEdge(connections: $connections) { cursor node { title } }
      userErrors { message }
    }
  }
`;

graphql`
  subscription WalletChanged {
    walletChanged { cursor entry { balanceAfter } wallet { gold diamond } }
  }
`;

graphql`
  subscription QuestProgressed {
    questProgressed { cursor progress { count } }
  }
`;
