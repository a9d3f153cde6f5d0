// The table of operations that are read. A row is a name and what the operation becomes; the rows
// themselves stand in the files Rules….swift, one a family.

extension StableHLOElaborator {
  static let rules: [String: HLORule] = {
    var all: [String: HLORule] = [:]
    for group in [
      elementwiseRules, bitRules, chloRules, conversionRules, shapeRules, dynamicShapeRules,
      contractionRules, reductionRules, windowRules, indexingRules, sortRules, controlRules,
      normalizationRules, refusedRules,
    ] {
      all.merge(group) { first, _ in first }
    }
    return all
  }()

  /// Operations that are known and not supported, with what to do instead.
  private static let refusedRules: [String: HLORule] = {
    var rules: [String: HLORule] = [:]
    for (help, names) in [
      ("compute with real and imaginary parts", ["complex", "real", "imag", "fft"]),
      // Real linear algebra has its place here.
      (
        "write the solution as a loop, or leave it out of the exported program",
        ["cholesky", "triangular_solve"]
      ),
      ("make the random numbers an input", ["rng", "rng_bit_generator"]),
      (
        "export the program of one device",
        [
          "all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_permute",
          "cross-replica-sum", "partition_id", "reduce_scatter", "replica_id", "infeed", "outfeed",
          "send", "recv", "create_token", "after_all",
        ]
      ),
      ("return the parts one by one", ["tuple", "get_tuple_element"]),
      ("export without quantization", ["uniform_quantize", "uniform_dequantize"]),
      ("pass the extent as an input with an unknown one", ["set_dimension_size"]),
    ] {
      for name in names { rules["stablehlo.\(name)"] = .refused(help) }
    }
    return rules
  }()
}
