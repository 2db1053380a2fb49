/**
 * @generated SignedSource<<ee5184f765b9ce44ee2990f0ccb7cd6a>>
 * @lightSyntaxTransform
 * @codegen-command: npm --prefix test/clients run relay
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type WalletChanged$variables = Record<PropertyKey, never>;
export type WalletChanged$data = {
  readonly walletChanged: {
    readonly cursor: string;
    readonly entry: {
      readonly balanceAfter: number;
    };
    readonly wallet: {
      readonly diamond: number;
      readonly gold: number;
    };
  };
};
export type WalletChanged = {
  response: WalletChanged$data;
  variables: WalletChanged$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v1 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "balanceAfter",
  "storageKey": null
},
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "gold",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "diamond",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "WalletChanged",
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "WalletEvent",
        "kind": "LinkedField",
        "name": "walletChanged",
        "plural": false,
        "selections": [
          (v0/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "LedgerEntry",
            "kind": "LinkedField",
            "name": "entry",
            "plural": false,
            "selections": [
              (v1/*:: as any*/)
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "concreteType": "Wallet",
            "kind": "LinkedField",
            "name": "wallet",
            "plural": false,
            "selections": [
              (v2/*:: as any*/),
              (v3/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [],
    "kind": "Operation",
    "name": "WalletChanged",
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "WalletEvent",
        "kind": "LinkedField",
        "name": "walletChanged",
        "plural": false,
        "selections": [
          (v0/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "LedgerEntry",
            "kind": "LinkedField",
            "name": "entry",
            "plural": false,
            "selections": [
              (v1/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "concreteType": "Wallet",
            "kind": "LinkedField",
            "name": "wallet",
            "plural": false,
            "selections": [
              (v2/*:: as any*/),
              (v3/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "783c40065eee99604d4d76a53bbf0aae",
    "id": null,
    "metadata": {},
    "name": "WalletChanged",
    "operationKind": "subscription",
    "text": "subscription WalletChanged {\n  walletChanged {\n    cursor\n    entry {\n      balanceAfter\n      id\n    }\n    wallet {\n      gold\n      diamond\n      id\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "a92c4963d18911a9c1d31b7026983167";

export default node;
