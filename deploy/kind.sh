#!/bin/sh
# A kind cluster with the Gateway API and this control plane in it: what `make kind` does. Needs kind, docker, kubectl.
set -eu
cluster=${KIND_CLUSTER:-xds-server}
gateway_api=${GATEWAY_API_VERSION:-v1.6.1}
here=$(dirname "$0")
for tool in kind docker kubectl; do
    command -v "$tool" >/dev/null || { echo "kind.sh: $tool is not installed: install it" >&2; exit 2; }
done
kind get clusters | grep -qx "$cluster" || kind create cluster --name "$cluster" --wait 120s
kubectl config use-context "kind-$cluster"
docker build -f "$here/Dockerfile" -t xds-server:dev "$here/.."
kind load docker-image --name "$cluster" xds-server:dev
kubectl apply --server-side -f \
    "https://github.com/kubernetes-sigs/gateway-api/releases/download/$gateway_api/standard-install.yaml"
kubectl apply -k "$here/kubernetes"
kubectl rollout status -n xds-system deployment/xds-server --timeout=120s
echo "ready: kubectl port-forward -n xds-system service/xds-server 18000 18080"
