using System.Text.Json;
using PreferenceLosses.Torch.Tests.Support;
using PreferenceLosses.Training;
using TinyTransformer;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch.Tests.Gpt2;

/// <summary>The sample's GPT-2 against one that was written for PyTorch in another way, from a file that Python put together.</summary>
public sealed class Gpt2ModelTests
{
    private static readonly string Weights = Path.Combine(AppContext.BaseDirectory, "Gpt2", "Goldens", "gpt2-tiny.safetensors");
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(Weights, ".json"))).RootElement;

    [TorchFact]
    public void Logits_are_those_of_PyTorch()
    {
        using var scope = NewDisposeScope();
        var model = Gpt2Checkpoint.Load(Weights, heads: 2);
        Assert.Equal(new Gpt2Size(VocabularySize: 11, ContextLength: 9, Width: 8, Layers: 2, Heads: 2), model.Size);
        var expected = Numbers(Golden.GetProperty("logits")).ToArray();
        var tokens = tensor(Numbers(Golden.GetProperty("tokens")).Select(token => (long)token).ToArray(), 2, 7);
        double[] actual = [.. model.call(tokens).detach().to_type(ScalarType.Float64).reshape(-1).data<double>()];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-5));
    }

    [TorchFact]
    public void Log_probabilities_and_gradients_are_those_of_PyTorch()
    {
        using var policy = new TorchPolicy(
            Gpt2Checkpoint.Load(Weights, heads: 2), () => new Gpt2Model(new(11, 9, 8, 2, 2)), new() { VocabularySize = 11, ContextLength = 9 });
        var prompt = Golden.GetProperty("prompt").GetInt32();
        TokenSequence[] sequences = [.. Golden.GetProperty("tokens").EnumerateArray().Select(row => Numbers(row).Select(token => (int)token).ToArray())
            .Select(row => new TokenSequence(row.AsMemory(0, prompt), row.AsMemory(prompt)))];
        using var pass = policy.Forward(sequences);
        var expected = Numbers(Golden.GetProperty("log_probabilities")).ToArray();
        Assert.Equal(expected[0], pass.LogProbabilities[0], 2e-5);
        Assert.Equal(expected[1], pass.LogProbabilities[1], 2e-5);

        pass.Backward([1, -2]);
        var gradients = Golden.GetProperty("gradient of the first minus twice the second");
        var norm = 0.0;
        foreach (var (name, parameter) in policy.Model.named_parameters())
        {
            using var scope = NewDisposeScope();
            double[] actual = [.. parameter.grad!.to_type(ScalarType.Float64).reshape(-1).data<double>()];
            double[] wanted = [.. Numbers(gradients.GetProperty(name))];
            Assert.Equal(wanted.Length, actual.Length);
            Assert.All(wanted.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
            norm += wanted.Sum(value => value * value);
        }

        // Of gradients of this size the tolerance is a hundred thousandth.
        Assert.True(Math.Sqrt(norm) > 20);
        Assert.Equal(Math.Sqrt(norm), policy.GradientNorm(), 1e-4 * Math.Sqrt(norm));
        Assert.Equal(policy.Model.named_parameters().Count(), gradients.EnumerateObject().Count());
    }

    [TorchFact]
    public void A_file_that_is_no_GPT2_is_refused()
    {
        var path = Path.GetTempFileName();
        using (var scope = NewDisposeScope())
        using (var file = File.Create(path))
        {
            SafeTensorsFile.Write(file, [new("wte.weight", zeros(3, 4)), new("encoder.weight", zeros(3, 4))]);
        }

        var wrong = Assert.Throws<InvalidDataException>(() => Gpt2Checkpoint.Load(path));
        Assert.Contains("it has no matrix 'wpe.weight'. It has wte.weight, encoder.weight", wrong.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    private static IEnumerable<double> Numbers(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Numbers) : [element.GetDouble()];
}
