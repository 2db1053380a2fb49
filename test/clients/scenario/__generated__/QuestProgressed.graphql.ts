/**
 * @generated SignedSource<<77c2c3acf2ccff2f77d3d5ef556915ed>>
 * @lightSyntaxTransform
 * @codegen-command: npm --prefix test/clients run relay
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type QuestProgressed$variables = Record<PropertyKey, never>;
export type QuestProgressed$data = {
  readonly questProgressed: {
    readonly cursor: string;
    readonly progress: {
      readonly count: number;
    };
  };
};
export type QuestProgressed = {
  response: QuestProgressed$data;
  variables: QuestProgressed$variables;
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
  "name": "count",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": [],
    "kind": "Fragment",
    "metadata": null,
    "name": "QuestProgressed",
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "QuestProgressedEvent",
        "kind": "LinkedField",
        "name": "questProgressed",
        "plural": false,
        "selections": [
          (v0/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "QuestProgress",
            "kind": "LinkedField",
            "name": "progress",
            "plural": false,
            "selections": [
              (v1/*:: as any*/)
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
    "name": "QuestProgressed",
    "selections": [
      {
        "alias": null,
        "args": null,
        "concreteType": "QuestProgressedEvent",
        "kind": "LinkedField",
        "name": "questProgressed",
        "plural": false,
        "selections": [
          (v0/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": "QuestProgress",
            "kind": "LinkedField",
            "name": "progress",
            "plural": false,
            "selections": [
              (v1/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "id",
                "storageKey": null
              }
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "a75fc60a14ea05d2880c378d867935dd",
    "id": null,
    "metadata": {},
    "name": "QuestProgressed",
    "operationKind": "subscription",
    "text": "subscription QuestProgressed {\n  questProgressed {\n    cursor\n    progress {\n      count\n      id\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "d6082adc1b76060d57be89f1395c2eb5";

export default node;
