using System.Globalization;
using PreferenceLosses.Losses;
using TorchSharpTrainer;
using static TorchSharp.torch;

// A training loop of one's own: a small byte model learns to prefer polite answers. The loss is in PreferenceStep.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
_ = manual_seed(0);
using var policy = new ByteModel(size: 64);
using var reference = new ByteModel(size: 64);
reference.load_state_dict(policy.state_dict());
reference.eval();
using var optimizer = optim.AdamW(policy.parameters(), lr: 2e-3);
var step = new PreferenceStep(policy, reference, optimizer, new DpoLoss { Beta = 0.1 });
using var batch = PairBatch.Of(PolitePairs.All);

Console.WriteLine($"{PolitePairs.All.Count} pairs, {batch.Tokens.size(1)} tokens at most");
Console.WriteLine("step   loss  accuracy  margin");
for (var i = 0; i <= 100; i++)
{
    var metrics = step.Run(batch);
    if (i % 20 == 0)
    {
        Console.WriteLine($"{i,4}  {metrics.Loss,5:F3}  {metrics.Accuracy,8:F3}  {metrics.Margin,6:F3}");
    }
}
