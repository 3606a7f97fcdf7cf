//! Which S3 is spoken to, pinned at the start.
//!
//! Input: the configured URL, or the region. Output: scheme and authority, and the `Host` that is signed and sent.
//! Must not: take anything from a request.

use contract::ids::Region;
use http::{
    Uri,
    uri::{Authority, InvalidUri, Scheme},
};
use rustls_pki_types::{InvalidDnsNameError, ServerName};
use url::Url;

/// One S3, path style.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    scheme: Scheme,
    authority: Authority,
}

/// An endpoint that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} is no S3 endpoint: expected http(s)://host[:port] without path, query, user or fragment")]
pub struct EndpointError {
    /// What was configured, without user and password.
    pub url: String,
}

impl Endpoint {
    /// The configured endpoint, or AWS in `region`.
    pub fn new(configured: Option<&Url>, region: &Region) -> Result<Self, EndpointError> {
        match configured {
            Some(url) => Self::from_url(url),
            None => Self::from_parts(Scheme::HTTPS, &format!("s3.{region}.amazonaws.com")),
        }
    }

    fn from_url(url: &Url) -> Result<Self, EndpointError> {
        let refused = || EndpointError { url: without_user(url) };
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let scheme = match url.scheme() {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return Err(refused()),
        };
        if !is_bare || !url.username().is_empty() || url.password().is_some() {
            return Err(refused());
        }
        // Url leaves out default ports, as `Host` must.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = url.host_str().ok_or_else(refused)?;
        Self::from_parts(scheme, &format!("{host}{port}"))
    }

    fn from_parts(scheme: Scheme, host: &str) -> Result<Self, EndpointError> {
        let refused = || EndpointError { url: format!("{scheme}://{host}") };
        let authority = host.parse().map_err(|_: InvalidUri| refused())?;
        Ok(Self { scheme, authority })
    }

    /// The value of `Host`, signed and sent.
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }

    /// Where to connect to.
    pub fn uri(&self) -> Result<Uri, http::Error> {
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query("/").build()
    }

    /// The name that a certificate has to bear; none where plain text is spoken.
    pub fn tls_name(&self) -> Option<Result<ServerName<'static>, InvalidDnsNameError>> {
        let name = self.authority.host().trim_start_matches('[').trim_end_matches(']');
        (self.scheme == Scheme::HTTPS).then(|| ServerName::try_from(name.to_owned()))
    }
}

fn without_user(url: &Url) -> String {
    let mut shown = url.clone();
    // Fails only for URLs that cannot have a user at all.
    let _ = shown.set_username("").and_then(|()| shown.set_password(None));
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    fn host(url: &str) -> Option<String> {
        let endpoint = Endpoint::new(Some(&url.parse().unwrap()), &"us-east-1".parse().unwrap()).ok()?;
        Some(endpoint.host().to_owned())
    }

    #[test]
    fn without_configuration_it_is_aws_in_that_region() {
        let endpoint = Endpoint::new(None, &"ap-southeast-2".parse().unwrap()).unwrap();
        assert_eq!(endpoint.uri().unwrap().to_string(), "https://s3.ap-southeast-2.amazonaws.com/");
        assert_eq!(endpoint.host(), "s3.ap-southeast-2.amazonaws.com");
    }

    #[test]
    fn fault_d23_the_host_is_what_a_client_would_send() {
        assert_eq!(host("http://minio:9000/").as_deref(), Some("minio:9000"));
        assert_eq!(host("https://s3.example.com:443").as_deref(), Some("s3.example.com"));
        assert_eq!(host("http://s3.example.com:80").as_deref(), Some("s3.example.com"));
        assert_eq!(host("http://[::1]:9000").as_deref(), Some("[::1]:9000"));
    }

    #[test]
    fn an_endpoint_with_anything_but_a_host_is_refused() {
        for url in ["http://h/path", "http://h/?a=b", "ftp://h/", "http://h/#x", "data:text"] {
            assert_eq!(host(url), None, "{url}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_shown() {
        let url = "http://user:canary@h/".parse().unwrap();
        let error = Endpoint::new(Some(&url), &"r".parse().unwrap()).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn fault_d11_the_name_of_the_certificate_is_the_hosts() {
        let name = |url: &str| {
            let endpoint = Endpoint::new(Some(&url.parse().unwrap()), &"r".parse().unwrap()).unwrap();
            endpoint.tls_name().map(|name| name.unwrap().to_str().into_owned())
        };
        assert_eq!(name("https://s3.example.com:9000").as_deref(), Some("s3.example.com"));
        assert_eq!(name("https://[::1]:9000").as_deref(), Some("::1"));
        assert_eq!(name("http://s3.example.com"), None);
    }
}
