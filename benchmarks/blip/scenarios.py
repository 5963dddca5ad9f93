"""B1 to B30: the known ways in which a control plane hurts its proxies, each named after where it was met.

Each function runs one on a real Envoy, and returns what became of it.
"""

from benchmarks.blip import api_server_faults, proxy_identities, startup, status_writers, while_running
from benchmarks.blip.bench import Scenario
from benchmarks.blip.rolling_update import seed_story_every_proxy_moves_once, seed_story_rolling_update
from benchmarks.blip.thundering_herd import thundering_herd

SCENARIOS = (
    Scenario(1, startup.contour_1280_restart_keeps_clusters, bites=True),
    Scenario(2, startup.istio_20295_no_state_from_a_stream_that_came_early, bites=True),
    Scenario(3, startup.kubernetes_23034_services_before_endpoints, bites=True),
    Scenario(4, api_server_faults.ingress_nginx_12206_a_page_is_not_a_list),
    Scenario(5, startup.istio_33218_ready_means_processed, slow=True),
    Scenario(6, startup.contour_5672_ready_means_stored, slow=True),
    Scenario(7, startup.eg_2810_nothing_to_do_is_ready, bites=True),
    Scenario(8, while_running.kgateway_14352_always_empty_cluster),
    Scenario(8, while_running.kgateway_14184_warm_client_not_starved),
    Scenario(9, startup.kgateway_13868_warm_client_waits_for_a_slow_source, bites=True),
    Scenario(9, startup.istio_28120_routes_ahead_of_warming_clusters),
    Scenario(9, api_server_faults.kgateway_14698_one_kind_out_of_touch, bites=True),
    Scenario(9, api_server_faults.fault_lab_a_route_moves_before_its_endpoints, bites=True),
    Scenario(10, startup.contour_6250_same_version_is_answered, slow=True),
    Scenario(11, startup.java_control_plane_127_names_of_what_is_gone),
    Scenario(12, proxy_identities.kgateway_14471_a_superset_is_no_reason_to_be_silent),
    Scenario(13, api_server_faults.eg_9517_optional_kind_comes_and_goes, slow=True),
    Scenario(14, api_server_faults.istio_22560_a_required_kind_is_missing),
    Scenario(15, api_server_faults.kubeswift_460_forbidden_is_said_and_healed),
    Scenario(16, api_server_faults.linkerd_12469_api_server_down_while_serving, slow=True),
    Scenario(17, api_server_faults.linkerd_4855_a_watch_that_says_nothing, slow=True),
    Scenario(18, while_running.emissary_5093_half_a_list_is_not_believed, bites=True),
    Scenario(18, api_server_faults.emissary_2974_a_list_cut_short, bites=True),
    Scenario(18, api_server_faults.fault_lab_the_kind_of_routes_goes, bites=True),
    Scenario(19, while_running.kgateway_657_one_bad_object),
    Scenario(20, while_running.kgateway_14264_rejected_and_recovered),
    Scenario(21, seed_story_rolling_update, slow=True),
    Scenario(21, seed_story_every_proxy_moves_once, slow=True),
    Scenario(22, while_running.go_control_plane_237_drain),
    Scenario(23, thundering_herd, slow=True),
    Scenario(24, status_writers.kuma_1738_the_old_one_undoes_nothing, slow=True, kube=True),
    Scenario(25, status_writers.gloo_7346_the_lease_is_lost_for_a_while, slow=True, kube=True),
    Scenario(26, startup.kgateway_14363_not_ready_on_partial, bites=True),
    Scenario(27, proxy_identities.kgateway_14582_identity_is_not_guessed, bites=True),
    Scenario(28, startup.kgateway_120_s_a_slow_start_is_not_killed, slow=True),
    Scenario(29, api_server_faults.credentials_that_run_out),
    Scenario(30, startup.wso2_3197_no_snapshot_before_all_parts_are_there),
)
"""In the order of readiness.md, section 2."""
