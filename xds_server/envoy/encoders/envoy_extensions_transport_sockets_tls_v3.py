"""Encoders of envoy.extensions.transport_sockets.tls.v3, made from envoy-data-plane by `make encoders`: do not edit.

Each takes the fields of a message and returns its bytes, which are those that the library writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, NewType

from xds_server.envoy.wire.fields import blob as _blob
from xds_server.envoy.wire.fields import blobs as _blobs
from xds_server.envoy.wire.fields import conflict as _conflict
from xds_server.envoy.wire.fields import duration as _duration
from xds_server.envoy.wire.fields import member as _member
from xds_server.envoy.wire.fields import member_but_zero as _member_but_zero
from xds_server.envoy.wire.fields import packed as _packed
from xds_server.envoy.wire.fields import text as _text
from xds_server.envoy.wire.fields import texts as _texts
from xds_server.envoy.wire.fields import uint32 as _uint32

if TYPE_CHECKING:
    from xds_server.envoy.encoders import envoy_config_core_v3, envoy_type_matcher_v3, google_protobuf

CertificateValidationContextTrustChainVerification = Literal["VERIFY_TRUST_CHAIN", "ACCEPT_UNTRUSTED"]
DownstreamTlsContextOcspStaplePolicy = Literal["LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE"]
SubjectAltNameMatcherSanType = Literal["SAN_TYPE_UNSPECIFIED", "EMAIL", "DNS", "URI", "IP_ADDRESS", "OTHER_NAME"]
TlsParametersCompliancePolicy = Literal["FIPS_202205", "CNSA2_202603", "CNSA1_202603"]
TlsParametersTlsProtocol = Literal["TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"]
_CertificateValidationContextTrustChainVerification: Final = {
    "VERIFY_TRUST_CHAIN": b"\x00",
    "ACCEPT_UNTRUSTED": b"\x01",
}
_DownstreamTlsContextOcspStaplePolicy: Final = {
    "LENIENT_STAPLING": b"\x00",
    "STRICT_STAPLING": b"\x01",
    "MUST_STAPLE": b"\x02",
}
_SubjectAltNameMatcherSanType: Final = {
    "SAN_TYPE_UNSPECIFIED": b"\x00",
    "EMAIL": b"\x01",
    "DNS": b"\x02",
    "URI": b"\x03",
    "IP_ADDRESS": b"\x04",
    "OTHER_NAME": b"\x05",
}
_TlsParametersCompliancePolicy: Final = {"FIPS_202205": b"\x00", "CNSA2_202603": b"\x01", "CNSA1_202603": b"\x02"}
_TlsParametersTlsProtocol: Final = {
    "TLS_AUTO": b"\x00",
    "TLSv1_0": b"\x01",
    "TLSv1_1": b"\x02",
    "TLSv1_2": b"\x03",
    "TLSv1_3": b"\x04",
}
CertificateProviderPluginInstance = NewType("CertificateProviderPluginInstance", bytes)


def certificate_provider_plugin_instance(
    *,
    instance_name: str = "",
    certificate_name: str = "",
) -> CertificateProviderPluginInstance:
    """envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance."""
    out = b""
    if instance_name:
        out += _text(b"\x0a", instance_name)
    if certificate_name:
        out += _text(b"\x12", certificate_name)
    return CertificateProviderPluginInstance(out)


CertificateValidationContext = NewType("CertificateValidationContext", bytes)


def certificate_validation_context(
    *,
    trusted_ca: envoy_config_core_v3.DataSource | None = None,
    ca_certificate_provider_instance: CertificateProviderPluginInstance | None = None,
    system_root_certs: CertificateValidationContextSystemRootCerts | None = None,
    watched_directory: envoy_config_core_v3.WatchedDirectory | None = None,
    verify_certificate_spki: Sequence[str] = (),
    verify_certificate_hash: Sequence[str] = (),
    match_typed_subject_alt_names: Sequence[SubjectAltNameMatcher] = (),
    match_subject_alt_names: Sequence[envoy_type_matcher_v3.StringMatcher] = (),
    require_signed_certificate_timestamp: bool | None = None,
    crl: envoy_config_core_v3.DataSource | None = None,
    allow_expired_certificate: bool = False,
    trust_chain_verification: CertificateValidationContextTrustChainVerification | None = None,
    custom_validator_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
    only_verify_leaf_cert_crl: bool = False,
    max_verify_depth: int | None = None,
    suppress_client_ca_list: bool = False,
) -> CertificateValidationContext:
    """envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext."""
    out = b""
    if trusted_ca is not None:
        out += _blob(b"\x0a", trusted_ca)
    if ca_certificate_provider_instance is not None:
        out += _blob(b"\x6a", ca_certificate_provider_instance)
    if system_root_certs is not None:
        out += _blob(b"\x8a\x01", system_root_certs)
    if watched_directory is not None:
        out += _blob(b"\x5a", watched_directory)
    if verify_certificate_spki:
        out += _texts(b"\x1a", verify_certificate_spki, "CertificateValidationContext.verify_certificate_spki")
    if verify_certificate_hash:
        out += _texts(b"\x12", verify_certificate_hash, "CertificateValidationContext.verify_certificate_hash")
    if match_typed_subject_alt_names:
        out += _blobs(
            b"\x7a", match_typed_subject_alt_names, "CertificateValidationContext.match_typed_subject_alt_names"
        )
    if match_subject_alt_names:
        out += _blobs(b"\x4a", match_subject_alt_names, "CertificateValidationContext.match_subject_alt_names")
    if require_signed_certificate_timestamp is not None:
        out += b"\x32\x02\x08\x01" if require_signed_certificate_timestamp else b"\x32\x00"
    if crl is not None:
        out += _blob(b"\x3a", crl)
    if allow_expired_certificate:
        out += b"\x40\x01"
    if trust_chain_verification is not None:
        out += _member_but_zero(
            b"\x50",
            _CertificateValidationContextTrustChainVerification,
            trust_chain_verification,
            "CertificateValidationContext.trust_chain_verification",
        )
    if custom_validator_config is not None:
        out += _blob(b"\x62", custom_validator_config)
    if only_verify_leaf_cert_crl:
        out += b"\x70\x01"
    if max_verify_depth is not None:
        out += _blob(
            b"\x82\x01",
            _uint32(b"\x08", max_verify_depth, "CertificateValidationContext.max_verify_depth")
            if max_verify_depth
            else b"",
        )
    if suppress_client_ca_list:
        out += b"\x90\x01\x01"
    return CertificateValidationContext(out)


CertificateValidationContextSystemRootCerts = NewType("CertificateValidationContextSystemRootCerts", bytes)


def certificate_validation_context_system_root_certs() -> CertificateValidationContextSystemRootCerts:
    """envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts."""
    return CertificateValidationContextSystemRootCerts(b"")


CommonTlsContext = NewType("CommonTlsContext", bytes)


def common_tls_context(
    *,
    tls_params: TlsParameters | None = None,
    tls_certificates: Sequence[TlsCertificate] = (),
    tls_certificate_sds_secret_configs: Sequence[SdsSecretConfig] = (),
    tls_certificate_provider_instance: CertificateProviderPluginInstance | None = None,
    custom_tls_certificate_selector: envoy_config_core_v3.TypedExtensionConfig | None = None,
    tls_certificate_certificate_provider: CommonTlsContextCertificateProvider | None = None,
    tls_certificate_certificate_provider_instance: CommonTlsContextCertificateProviderInstance | None = None,
    validation_context: CertificateValidationContext | None = None,
    validation_context_sds_secret_config: SdsSecretConfig | None = None,
    combined_validation_context: CommonTlsContextCombinedCertificateValidationContext | None = None,
    validation_context_certificate_provider: CommonTlsContextCertificateProvider | None = None,
    validation_context_certificate_provider_instance: CommonTlsContextCertificateProviderInstance | None = None,
    alpn_protocols: Sequence[str] = (),
    custom_handshaker: envoy_config_core_v3.TypedExtensionConfig | None = None,
    key_log: TlsKeyLog | None = None,
) -> CommonTlsContext:
    """envoy.extensions.transport_sockets.tls.v3.CommonTlsContext."""
    if (validation_context is not None) + (validation_context_sds_secret_config is not None) + (
        combined_validation_context is not None
    ) + (validation_context_certificate_provider is not None) + (
        validation_context_certificate_provider_instance is not None
    ) > 1:
        raise _conflict(
            "CommonTlsContext.validation_context_type",
            validation_context=validation_context,
            validation_context_sds_secret_config=validation_context_sds_secret_config,
            combined_validation_context=combined_validation_context,
            validation_context_certificate_provider=validation_context_certificate_provider,
            validation_context_certificate_provider_instance=validation_context_certificate_provider_instance,
        )
    out = b""
    if tls_params is not None:
        out += _blob(b"\x0a", tls_params)
    if tls_certificates:
        out += _blobs(b"\x12", tls_certificates, "CommonTlsContext.tls_certificates")
    if tls_certificate_sds_secret_configs:
        out += _blobs(
            b"\x32", tls_certificate_sds_secret_configs, "CommonTlsContext.tls_certificate_sds_secret_configs"
        )
    if tls_certificate_provider_instance is not None:
        out += _blob(b"\x72", tls_certificate_provider_instance)
    if custom_tls_certificate_selector is not None:
        out += _blob(b"\x82\x01", custom_tls_certificate_selector)
    if tls_certificate_certificate_provider is not None:
        out += _blob(b"\x4a", tls_certificate_certificate_provider)
    if tls_certificate_certificate_provider_instance is not None:
        out += _blob(b"\x5a", tls_certificate_certificate_provider_instance)
    if validation_context is not None:
        out += _blob(b"\x1a", validation_context)
    if validation_context_sds_secret_config is not None:
        out += _blob(b"\x3a", validation_context_sds_secret_config)
    if combined_validation_context is not None:
        out += _blob(b"\x42", combined_validation_context)
    if validation_context_certificate_provider is not None:
        out += _blob(b"\x52", validation_context_certificate_provider)
    if validation_context_certificate_provider_instance is not None:
        out += _blob(b"\x62", validation_context_certificate_provider_instance)
    if alpn_protocols:
        out += _texts(b"\x22", alpn_protocols, "CommonTlsContext.alpn_protocols")
    if custom_handshaker is not None:
        out += _blob(b"\x6a", custom_handshaker)
    if key_log is not None:
        out += _blob(b"\x7a", key_log)
    return CommonTlsContext(out)


CommonTlsContextCertificateProvider = NewType("CommonTlsContextCertificateProvider", bytes)


def common_tls_context_certificate_provider(
    *,
    name: str = "",
    typed_config: envoy_config_core_v3.TypedExtensionConfig | None = None,
) -> CommonTlsContextCertificateProvider:
    """envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProvider."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if typed_config is not None:
        out += _blob(b"\x12", typed_config)
    return CommonTlsContextCertificateProvider(out)


CommonTlsContextCertificateProviderInstance = NewType("CommonTlsContextCertificateProviderInstance", bytes)


def common_tls_context_certificate_provider_instance(
    *,
    instance_name: str = "",
    certificate_name: str = "",
) -> CommonTlsContextCertificateProviderInstance:
    """envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CertificateProviderInstance."""
    out = b""
    if instance_name:
        out += _text(b"\x0a", instance_name)
    if certificate_name:
        out += _text(b"\x12", certificate_name)
    return CommonTlsContextCertificateProviderInstance(out)


CommonTlsContextCombinedCertificateValidationContext = NewType(
    "CommonTlsContextCombinedCertificateValidationContext", bytes
)


def common_tls_context_combined_certificate_validation_context(
    *,
    default_validation_context: CertificateValidationContext | None = None,
    validation_context_sds_secret_config: SdsSecretConfig | None = None,
    validation_context_certificate_provider: CommonTlsContextCertificateProvider | None = None,
    validation_context_certificate_provider_instance: CommonTlsContextCertificateProviderInstance | None = None,
) -> CommonTlsContextCombinedCertificateValidationContext:
    """envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext."""
    out = b""
    if default_validation_context is not None:
        out += _blob(b"\x0a", default_validation_context)
    if validation_context_sds_secret_config is not None:
        out += _blob(b"\x12", validation_context_sds_secret_config)
    if validation_context_certificate_provider is not None:
        out += _blob(b"\x1a", validation_context_certificate_provider)
    if validation_context_certificate_provider_instance is not None:
        out += _blob(b"\x22", validation_context_certificate_provider_instance)
    return CommonTlsContextCombinedCertificateValidationContext(out)


DownstreamTlsContext = NewType("DownstreamTlsContext", bytes)
DOWNSTREAM_TLS_CONTEXT: Final = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


def downstream_tls_context(
    *,
    common_tls_context: CommonTlsContext | None = None,
    require_client_certificate: bool | None = None,
    require_sni: bool | None = None,
    session_ticket_keys: TlsSessionTicketKeys | None = None,
    session_ticket_keys_sds_secret_config: SdsSecretConfig | None = None,
    disable_stateless_session_resumption: bool | None = None,
    disable_stateful_session_resumption: bool = False,
    session_timeout: timedelta | None = None,
    ocsp_staple_policy: DownstreamTlsContextOcspStaplePolicy | None = None,
    full_scan_certs_on_sni_mismatch: bool | None = None,
    prefer_client_ciphers: bool = False,
) -> DownstreamTlsContext:
    """envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext."""
    if (session_ticket_keys is not None) + (session_ticket_keys_sds_secret_config is not None) + (
        disable_stateless_session_resumption is not None
    ) > 1:
        raise _conflict(
            "DownstreamTlsContext.session_ticket_keys_type",
            session_ticket_keys=session_ticket_keys,
            session_ticket_keys_sds_secret_config=session_ticket_keys_sds_secret_config,
            disable_stateless_session_resumption=disable_stateless_session_resumption,
        )
    out = b""
    if common_tls_context is not None:
        out += _blob(b"\x0a", common_tls_context)
    if require_client_certificate is not None:
        out += b"\x12\x02\x08\x01" if require_client_certificate else b"\x12\x00"
    if require_sni is not None:
        out += b"\x1a\x02\x08\x01" if require_sni else b"\x1a\x00"
    if session_ticket_keys is not None:
        out += _blob(b"\x22", session_ticket_keys)
    if session_ticket_keys_sds_secret_config is not None:
        out += _blob(b"\x2a", session_ticket_keys_sds_secret_config)
    if disable_stateless_session_resumption is not None:
        out += b"\x38\x01" if disable_stateless_session_resumption else b"\x38\x00"
    if disable_stateful_session_resumption:
        out += b"\x50\x01"
    if session_timeout is not None:
        out += _duration(b"\x32", session_timeout, "DownstreamTlsContext.session_timeout")
    if ocsp_staple_policy is not None:
        out += _member_but_zero(
            b"\x40",
            _DownstreamTlsContextOcspStaplePolicy,
            ocsp_staple_policy,
            "DownstreamTlsContext.ocsp_staple_policy",
        )
    if full_scan_certs_on_sni_mismatch is not None:
        out += b"\x4a\x02\x08\x01" if full_scan_certs_on_sni_mismatch else b"\x4a\x00"
    if prefer_client_ciphers:
        out += b"\x58\x01"
    return DownstreamTlsContext(out)


GenericSecret = NewType("GenericSecret", bytes)


def generic_secret(
    *,
    secret: envoy_config_core_v3.DataSource | None = None,
    secrets: Mapping[str, envoy_config_core_v3.DataSource] | None = None,
) -> GenericSecret:
    """envoy.extensions.transport_sockets.tls.v3.GenericSecret."""
    out = b""
    if secret is not None:
        out += _blob(b"\x0a", secret)
    if secrets:
        out += _blobs(
            b"\x12",
            [_text(b"\x0a", key) + _blob(b"\x12", one) for key, one in secrets.items()],
            "GenericSecret.secrets",
        )
    return GenericSecret(out)


PrivateKeyProvider = NewType("PrivateKeyProvider", bytes)


def private_key_provider(
    *,
    provider_name: str = "",
    typed_config: google_protobuf.Any | None = None,
    fallback: bool = False,
) -> PrivateKeyProvider:
    """envoy.extensions.transport_sockets.tls.v3.PrivateKeyProvider."""
    out = b""
    if provider_name:
        out += _text(b"\x0a", provider_name)
    if typed_config is not None:
        out += _blob(b"\x1a", typed_config)
    if fallback:
        out += b"\x20\x01"
    return PrivateKeyProvider(out)


SdsSecretConfig = NewType("SdsSecretConfig", bytes)


def sds_secret_config(
    *,
    name: str = "",
    sds_config: envoy_config_core_v3.ConfigSource | None = None,
) -> SdsSecretConfig:
    """envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig."""
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if sds_config is not None:
        out += _blob(b"\x12", sds_config)
    return SdsSecretConfig(out)


Secret = NewType("Secret", bytes)


def secret(
    *,
    name: str = "",
    tls_certificate: TlsCertificate | None = None,
    session_ticket_keys: TlsSessionTicketKeys | None = None,
    validation_context: CertificateValidationContext | None = None,
    generic_secret: GenericSecret | None = None,
) -> Secret:
    """envoy.extensions.transport_sockets.tls.v3.Secret."""
    if (tls_certificate is not None) + (session_ticket_keys is not None) + (validation_context is not None) + (
        generic_secret is not None
    ) > 1:
        raise _conflict(
            "Secret.type",
            tls_certificate=tls_certificate,
            session_ticket_keys=session_ticket_keys,
            validation_context=validation_context,
            generic_secret=generic_secret,
        )
    out = b""
    if name:
        out += _text(b"\x0a", name)
    if tls_certificate is not None:
        out += _blob(b"\x12", tls_certificate)
    if session_ticket_keys is not None:
        out += _blob(b"\x1a", session_ticket_keys)
    if validation_context is not None:
        out += _blob(b"\x22", validation_context)
    if generic_secret is not None:
        out += _blob(b"\x2a", generic_secret)
    return Secret(out)


SubjectAltNameMatcher = NewType("SubjectAltNameMatcher", bytes)


def subject_alt_name_matcher(
    *,
    san_type: SubjectAltNameMatcherSanType | None = None,
    matcher: envoy_type_matcher_v3.StringMatcher | None = None,
    oid: str = "",
) -> SubjectAltNameMatcher:
    """envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher."""
    out = b""
    if san_type is not None:
        out += _member_but_zero(b"\x08", _SubjectAltNameMatcherSanType, san_type, "SubjectAltNameMatcher.san_type")
    if matcher is not None:
        out += _blob(b"\x12", matcher)
    if oid:
        out += _text(b"\x1a", oid)
    return SubjectAltNameMatcher(out)


TlsCertificate = NewType("TlsCertificate", bytes)


def tls_certificate(
    *,
    certificate_chain: envoy_config_core_v3.DataSource | None = None,
    private_key: envoy_config_core_v3.DataSource | None = None,
    pkcs12: envoy_config_core_v3.DataSource | None = None,
    watched_directory: envoy_config_core_v3.WatchedDirectory | None = None,
    private_key_provider: PrivateKeyProvider | None = None,
    password: envoy_config_core_v3.DataSource | None = None,
    ocsp_staple: envoy_config_core_v3.DataSource | None = None,
    signed_certificate_timestamp: Sequence[envoy_config_core_v3.DataSource] = (),
) -> TlsCertificate:
    """envoy.extensions.transport_sockets.tls.v3.TlsCertificate."""
    out = b""
    if certificate_chain is not None:
        out += _blob(b"\x0a", certificate_chain)
    if private_key is not None:
        out += _blob(b"\x12", private_key)
    if pkcs12 is not None:
        out += _blob(b"\x42", pkcs12)
    if watched_directory is not None:
        out += _blob(b"\x3a", watched_directory)
    if private_key_provider is not None:
        out += _blob(b"\x32", private_key_provider)
    if password is not None:
        out += _blob(b"\x1a", password)
    if ocsp_staple is not None:
        out += _blob(b"\x22", ocsp_staple)
    if signed_certificate_timestamp:
        out += _blobs(b"\x2a", signed_certificate_timestamp, "TlsCertificate.signed_certificate_timestamp")
    return TlsCertificate(out)


TlsKeyLog = NewType("TlsKeyLog", bytes)


def tls_key_log(
    *,
    path: str = "",
    local_address_range: Sequence[envoy_config_core_v3.CidrRange] = (),
    remote_address_range: Sequence[envoy_config_core_v3.CidrRange] = (),
) -> TlsKeyLog:
    """envoy.extensions.transport_sockets.tls.v3.TlsKeyLog."""
    out = b""
    if path:
        out += _text(b"\x0a", path)
    if local_address_range:
        out += _blobs(b"\x12", local_address_range, "TlsKeyLog.local_address_range")
    if remote_address_range:
        out += _blobs(b"\x1a", remote_address_range, "TlsKeyLog.remote_address_range")
    return TlsKeyLog(out)


TlsParameters = NewType("TlsParameters", bytes)


def tls_parameters(
    *,
    tls_minimum_protocol_version: TlsParametersTlsProtocol | None = None,
    tls_maximum_protocol_version: TlsParametersTlsProtocol | None = None,
    cipher_suites: Sequence[str] = (),
    ecdh_curves: Sequence[str] = (),
    signature_algorithms: Sequence[str] = (),
    compliance_policies: Sequence[TlsParametersCompliancePolicy] = (),
) -> TlsParameters:
    """envoy.extensions.transport_sockets.tls.v3.TlsParameters."""
    out = b""
    if tls_minimum_protocol_version is not None:
        out += _member_but_zero(
            b"\x08",
            _TlsParametersTlsProtocol,
            tls_minimum_protocol_version,
            "TlsParameters.tls_minimum_protocol_version",
        )
    if tls_maximum_protocol_version is not None:
        out += _member_but_zero(
            b"\x10",
            _TlsParametersTlsProtocol,
            tls_maximum_protocol_version,
            "TlsParameters.tls_maximum_protocol_version",
        )
    if cipher_suites:
        out += _texts(b"\x1a", cipher_suites, "TlsParameters.cipher_suites")
    if ecdh_curves:
        out += _texts(b"\x22", ecdh_curves, "TlsParameters.ecdh_curves")
    if signature_algorithms:
        out += _texts(b"\x2a", signature_algorithms, "TlsParameters.signature_algorithms")
    if compliance_policies:
        out += _packed(
            b"\x32",
            [
                _member(b"", _TlsParametersCompliancePolicy, one, "TlsParameters.compliance_policies")
                for one in compliance_policies
            ],
        )
    return TlsParameters(out)


TlsSessionTicketKeys = NewType("TlsSessionTicketKeys", bytes)


def tls_session_ticket_keys(
    *,
    keys: Sequence[envoy_config_core_v3.DataSource] = (),
) -> TlsSessionTicketKeys:
    """envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys."""
    out = b""
    if keys:
        out += _blobs(b"\x0a", keys, "TlsSessionTicketKeys.keys")
    return TlsSessionTicketKeys(out)


UpstreamTlsContext = NewType("UpstreamTlsContext", bytes)
UPSTREAM_TLS_CONTEXT: Final = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"


def upstream_tls_context(
    *,
    common_tls_context: CommonTlsContext | None = None,
    sni: str = "",
    auto_host_sni: bool = False,
    auto_sni_san_validation: bool = False,
    allow_renegotiation: bool = False,
    max_session_keys: int | None = None,
    enforce_rsa_key_usage: bool | None = None,
) -> UpstreamTlsContext:
    """envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext."""
    out = b""
    if common_tls_context is not None:
        out += _blob(b"\x0a", common_tls_context)
    if sni:
        out += _text(b"\x12", sni)
    if auto_host_sni:
        out += b"\x30\x01"
    if auto_sni_san_validation:
        out += b"\x38\x01"
    if allow_renegotiation:
        out += b"\x18\x01"
    if max_session_keys is not None:
        out += _blob(
            b"\x22",
            _uint32(b"\x08", max_session_keys, "UpstreamTlsContext.max_session_keys") if max_session_keys else b"",
        )
    if enforce_rsa_key_usage is not None:
        out += b"\x2a\x02\x08\x01" if enforce_rsa_key_usage else b"\x2a\x00"
    return UpstreamTlsContext(out)
