/// How KCL packages lie in an OCI registry: as the KCL package manager puts them there.
public struct KCLPackages: Sendable, Codable, Hashable {
    /// Repository of a package; a tag is a version. The namespace is from a documented example.
    public var repository = "kcl/{name}"
    /// Media type of the one layer.
    public var layerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// `artifactType` of the image manifest.
    public var artifactType = "application/vnd.oci.image.layer.v1.tar"
    /// Annotation of the manifest: name.
    public var nameAnnotation = "org.kcllang.package.name"
    /// Annotation of the manifest: version.
    public var versionAnnotation = "org.kcllang.package.version"
    /// Annotation of the manifest: a sentence.
    public var descriptionAnnotation = "org.kcllang.package.description"
    /// Annotation of the manifest: the sum of the package.
    public var sumAnnotation = "org.kcllang.package.sum"
    /// File at the top of the archive that names the package.
    public var manifestFile = "kcl.mod"

    /// The conventions of the KCL package manager.
    public init() {}
}
