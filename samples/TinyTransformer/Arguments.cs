using System.Globalization;
using TorchSharp;

namespace TinyTransformer;

/// <summary>What the command line says.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        usage: TinyTransformer [--pairs FILE | --sentiment | --sentences FILE --lexicon FILE] [options]
          --pairs FILE           preference pairs, JSON lines, may be gzipped (default: those of samples/Quickstart)
          --sentiment            pairs of the model's own completions, ranked by a sentiment lexicon (default: that of samples/ControlledSentiment)
          --sentences FILE       the sentences to begin completions with; with --lexicon FILE, lines of word, tab, valence
          --gpt2 FOLDER          model.safetensors, vocab.json and merges.txt of a GPT-2 (default: a small one with random weights, on words)
          --loss NAME            a loss of `preference-losses list` (default: dpo)
          --beta X               its β (default: the loss's own)
          --fit-epochs N         epochs of maximum likelihood before (default: 16; 0 for none)
          --fit-rate X           its learning rate (default: 0.003; with --gpt2 0.00002)
          --epochs N             epochs of preference training (default: 4)
          --rate X               its learning rate (default: 0.0005; with --gpt2 0.000001)
          --batch N              pairs at once (default: 16)
          --length N             the most tokens of prompt and completion (default: 96)
          --rounds N             of --sentiment: how often completions are drawn and trained on (default: 1)
          --prompts N            of --sentiment: the most prompts (default: 256)
          --precision TYPE       float32 or bfloat16 (default: float32)
          --device DEVICE        cpu or cuda (default: cpu)
          --seed N               (default: 0)
          --output FILE          writes the trained weights as safetensors
        """;

    public string? Pairs { get; private init; }

    public bool IsSentiment { get; private init; }

    public string? Sentences { get; private init; }

    public string? Lexicon { get; private init; }

    public string? Gpt2 { get; private init; }

    public string Loss { get; private init; } = "dpo";

    public double? Beta { get; private init; }

    public int FitEpochs { get; private init; } = 16;

    public double FitRate { get => field > 0 ? field : Gpt2 is null ? 0.003 : 2e-5; private init; }

    public int Epochs { get; private init; } = 4;

    public double Rate { get => field > 0 ? field : Gpt2 is null ? 0.0005 : 1e-6; private init; }

    public int Batch { get; private init; } = 16;

    public int Length { get; private init; } = 96;

    public int Rounds { get; private init; } = 1;

    public int Prompts { get; private init; } = 256;

    public torch.ScalarType Precision { get; private init; } = torch.ScalarType.Float32;

    public string Device { get; private init; } = "cpu";

    public ulong Seed { get; private init; }

    public string? Output { get; private init; }

    /// <summary>The arguments, or what is wrong with them.</summary>
    public static (Arguments? Arguments, string Error) Parse(string[] args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--sentiment")
            {
                parsed = parsed with { IsSentiment = true };
                continue;
            }

            var name = args[i];
            var value = ++i < args.Length ? args[i] : "";
            var isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number);
            var isCount = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
            var next = name switch
            {
                "--pairs" when value.Length > 0 => parsed with { Pairs = value },
                "--sentences" when value.Length > 0 => parsed with { Sentences = value, IsSentiment = true },
                "--lexicon" when value.Length > 0 => parsed with { Lexicon = value, IsSentiment = true },
                "--gpt2" when value.Length > 0 => parsed with { Gpt2 = value },
                "--loss" when value.Length > 0 => parsed with { Loss = value },
                "--beta" when isNumber => parsed with { Beta = number },
                "--fit-epochs" when isCount => parsed with { FitEpochs = count },
                "--fit-rate" when isNumber => parsed with { FitRate = number },
                "--epochs" when isCount && count > 0 => parsed with { Epochs = count },
                "--rate" when isNumber => parsed with { Rate = number },
                "--batch" when isCount && count > 0 => parsed with { Batch = count },
                "--length" when isCount && count >= 16 => parsed with { Length = count },
                "--rounds" when isCount && count > 0 => parsed with { Rounds = count },
                "--prompts" when isCount && count > 0 => parsed with { Prompts = count },
                "--precision" when value is "float32" or "bfloat16" => parsed with { Precision = value == "float32" ? torch.ScalarType.Float32 : torch.ScalarType.BFloat16 },
                "--device" when value is "cpu" or "cuda" => parsed with { Device = value },
                "--seed" when isCount => parsed with { Seed = (ulong)count },
                "--output" when value.Length > 0 => parsed with { Output = value },
                _ => null,
            };
            if (next is null)
            {
                return (null, $"\"{name} {value}\" is not understood.");
            }

            parsed = next;
        }

        return parsed switch
        {
            { IsSentiment: true, Pairs: not null } => (null, "--pairs and --sentiment do not go together."),
            { Sentences: null } when parsed.Lexicon is not null => (null, "--sentences and --lexicon go together."),
            { Sentences: not null, Lexicon: null } => (null, "--sentences and --lexicon go together."),
            _ => (parsed, ""),
        };
    }
}
