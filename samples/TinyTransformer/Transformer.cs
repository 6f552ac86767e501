using System.Globalization;
using PreferenceLosses;
using PreferenceLosses.Losses;
using PreferenceLosses.Torch;
using PreferenceLosses.Training;
using static TorchSharp.torch;

namespace TinyTransformer;

/// <summary>A GPT as a policy, with the tokens that it reads.</summary>
internal sealed record Transformer(ITokenizer Tokenizer, TorchPolicy Policy)
{
    /// <summary>A small model on words, with random weights, or a GPT-2 from files.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="texts">What the vocabulary of the small model is made of.</param>
    public static Transformer Make(Arguments arguments, IEnumerable<TextExample> texts)
    {
        ITokenizer tokenizer = arguments.Gpt2 is { } folder
            ? Gpt2Tokenizer.Load(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"))
            : new WordTokenizer(Vocabulary.Of(texts, maxSize: 5000));
        var model = arguments.Gpt2 is null
            ? new Gpt2Model(new(tokenizer.VocabularySize, arguments.Length + 1, Width: 64, Layers: 2, Heads: 4), arguments.Seed)
            : Gpt2Checkpoint.Load(Path.Combine(arguments.Gpt2, "model.safetensors"));
        if (model.Size.VocabularySize != tokenizer.VocabularySize || model.Size.ContextLength <= arguments.Length)
        {
            throw new InvalidDataException(
                $"The model has {model.Size.VocabularySize} tokens and reads {model.Size.ContextLength}; vocab.json has {tokenizer.VocabularySize}, and {arguments.Length} and one before them are asked for.");
        }

        var weights = model.parameters().Sum(parameter => parameter.numel());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A GPT of {model.Size.Layers} layers, width {model.Size.Width} and {model.Size.Heads} heads on {tokenizer.VocabularySize} tokens: {weights:N0} weights, on {arguments.Device} in {arguments.Precision}."));
        return new(tokenizer, new TorchPolicy(model, () => new Gpt2Model(model.Size), new()
        {
            VocabularySize = model.Size.VocabularySize,
            ContextLength = model.Size.ContextLength,
            BeginningToken = tokenizer.EndOfText, // GPT-2 begins a text with what ends the one before
            Device = device(arguments.Device),
            Precision = arguments.Precision,
        }));
    }

    /// <summary>The loss that is asked for.</summary>
    public static IPreferenceLoss Loss(Arguments arguments)
    {
        var loss = LossCatalog.BuiltIn.Find(arguments.Loss).Loss;
        return arguments.Beta is { } beta ? loss.With("beta", beta) : loss;
    }

    /// <summary>Fits the policy to texts by maximum likelihood: of a conversation every token counts.</summary>
    public void Fit(Arguments arguments, IEnumerable<string> texts, IReadOnlyList<string> heldOut)
    {
        if (arguments.FitEpochs == 0)
        {
            return;
        }

        var before = NatsPerToken(arguments, heldOut);
        var options = new TrainingOptions { Epochs = arguments.FitEpochs, BatchSize = arguments.Batch, LearningRate = arguments.FitRate, WarmupSteps = 10, Seed = arguments.Seed };
        using var trainer = new Trainer(Policy, new SftLoss(), new ExampleList(texts.Select(text => Whole(arguments, text))), options);
        trainer.Run(new Progress("fitting"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Fitted in {trainer.TotalSteps} steps. Held-out text: {before:F3} nats a token before, {NatsPerToken(arguments, heldOut):F3} after."));
    }

    private double NatsPerToken(Arguments arguments, IReadOnlyList<string> texts)
    {
        TokenSequence[] sequences = [.. texts.Select(text => new TokenSequence(default, Whole(arguments, text).Completions[0]))];
        var scores = new double[sequences.Length];
        Policy.LogProbabilities(sequences, scores);
        return -scores.Sum() / sequences.Sum(sequence => sequence.Completion.Length);
    }

    private Example Whole(Arguments arguments, string text)
    {
        int[] tokens = [.. Tokenizer.Encode(text).Take(arguments.Length - 1), Tokenizer.EndOfText];
        return new(ExampleKind.Unpaired, default, [tokens], IsDesirable: true, []);
    }
}
