using PreferenceLosses.Torch;

namespace TinyTransformer;

/// <summary>The weights of a GPT-2 in a safetensors file, under the names of the published ones.</summary>
internal static class Gpt2Checkpoint
{
    private const string Prefix = "transformer.";

    /// <summary>A model with the weights of a file; its size is that of the weights.</summary>
    /// <param name="path">The file.</param>
    /// <param name="heads">Heads in each block; null for as many as heads that are 64 wide make, as in the published models. The weights do not show it.</param>
    /// <exception cref="InvalidDataException">It is no safetensors file, or not that of a GPT-2.</exception>
    public static Gpt2Model Load(string path, int? heads = null)
    {
        using var file = File.OpenRead(path);
        var header = SafeTensorsHeader.Read(file, path);
        var shapes = header.Tensors.Where(tensor => NameInModel(tensor.Name) is not null).ToDictionary(tensor => NameInModel(tensor.Name)!, tensor => tensor.Shape);
        long Length(string name, int dimension) => shapes.TryGetValue(name, out var shape) && shape.Length == 2 && shape[dimension] is > 0 and <= int.MaxValue
            ? shape[dimension]
            : throw new InvalidDataException($"'{path}' is no GPT-2: it has no matrix '{name}'. It has {string.Join(", ", header.Tensors.Select(tensor => tensor.Name))}.");

        var layers = 0;
        while (shapes.ContainsKey($"h.{layers}.ln_1.weight"))
        {
            layers++;
        }

        var size = Gpt2Size.OfPublished((int)Length("wte.weight", 0), (int)Length("wpe.weight", 0), (int)Length("wte.weight", 1), layers);
        var model = new Gpt2Model(heads is { } count ? size with { Heads = count } : size);
        file.Position = 0;
        SafeTensorsFile.Read(file, path, model.state_dict(), NameInModel);
        return model;
    }

    /// <summary>
    /// The name in the model, or null for what it does not need: some files begin names with "transformer.", have the masks of the attention as tensors, or the head,
    /// which is the embedding.
    /// </summary>
    private static string? NameInModel(string name)
    {
        name = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return name == "lm_head.weight" || name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal) ? null : name;
    }
}
