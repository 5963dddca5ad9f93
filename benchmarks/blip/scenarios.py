"""B1 to B30: the known ways in which a control plane hurts its proxies, each named after where it was met.

Each function runs one on a real Envoy, and returns what became of it.
"""

from benchmarks.blip import api_server, changes, identities, starts, writing
from benchmarks.blip.bench import Scenario
from benchmarks.blip.herd import thundering_herd
from benchmarks.blip.rolling import seed_story_every_proxy_moves_once, seed_story_rolling_update

SCENARIOS = (
    Scenario(1, starts.contour_1280_restart_keeps_clusters, bites=True),
    Scenario(2, starts.istio_20295_no_state_from_a_stream_that_came_early, bites=True),
    Scenario(3, starts.kubernetes_23034_services_before_endpoints, bites=True),
    Scenario(4, api_server.ingress_nginx_12206_a_page_is_not_a_list),
    Scenario(5, starts.istio_33218_ready_means_processed, slow=True),
    Scenario(6, starts.contour_5672_ready_means_stored, slow=True),
    Scenario(7, starts.eg_2810_nothing_to_do_is_ready, bites=True),
    Scenario(8, changes.kgateway_14352_always_empty_cluster),
    Scenario(8, changes.kgateway_14184_warm_client_not_starved),
    Scenario(9, starts.kgateway_13868_warm_client_waits_for_a_slow_source, bites=True),
    Scenario(9, starts.istio_28120_routes_ahead_of_warming_clusters),
    Scenario(9, api_server.kgateway_14698_one_kind_out_of_touch, bites=True),
    Scenario(9, api_server.fault_lab_a_route_moves_before_its_endpoints, bites=True),
    Scenario(10, starts.contour_6250_same_version_is_answered, slow=True),
    Scenario(11, starts.java_control_plane_127_names_of_what_is_gone),
    Scenario(12, identities.kgateway_14471_a_superset_is_no_reason_to_be_silent),
    Scenario(13, api_server.eg_9517_optional_kind_comes_and_goes, slow=True),
    Scenario(14, api_server.istio_22560_a_required_kind_is_missing),
    Scenario(15, api_server.kubeswift_460_forbidden_is_said_and_healed),
    Scenario(16, api_server.linkerd_12469_api_server_down_while_serving, slow=True),
    Scenario(17, api_server.linkerd_4855_a_watch_that_says_nothing, slow=True),
    Scenario(18, changes.emissary_5093_half_a_list_is_not_believed, bites=True),
    Scenario(18, api_server.emissary_2974_a_list_cut_short, bites=True),
    Scenario(18, api_server.fault_lab_the_kind_of_routes_goes, bites=True),
    Scenario(19, changes.kgateway_657_one_bad_object),
    Scenario(20, changes.kgateway_14264_rejected_and_recovered),
    Scenario(21, seed_story_rolling_update, slow=True),
    Scenario(21, seed_story_every_proxy_moves_once, slow=True),
    Scenario(22, changes.go_control_plane_237_drain),
    Scenario(23, thundering_herd, slow=True),
    Scenario(24, writing.kuma_1738_the_old_one_undoes_nothing, slow=True, kube=True),
    Scenario(25, writing.gloo_7346_the_lease_is_lost_for_a_while, slow=True, kube=True),
    Scenario(26, starts.kgateway_14363_not_ready_on_partial, bites=True),
    Scenario(27, identities.kgateway_14582_identity_is_not_guessed, bites=True),
    Scenario(28, starts.kgateway_120_s_a_slow_start_is_not_killed, slow=True),
    Scenario(29, api_server.credentials_that_run_out),
    Scenario(30, starts.wso2_3197_no_snapshot_before_all_parts_are_there),
)
"""In the order of readiness.md, section 2."""
